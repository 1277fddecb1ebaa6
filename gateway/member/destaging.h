// Destaging of one member: from the journal into the backing files, and what the journal is rid of
// by that (DESIGN.md section 5). What volume/destager moves is decided here: durable, and shown.
//
// Thread-safe; one step at a time. A backing file that has no space is waited for; any other error
// stops destaging for good (I9), and hosts go on as long as the journal has room.
#pragma once
#include <atomic>
#include <string>

#include "base/guarded.h"
#include "gateway/member/member_core.h"
#include "gateway/volume/background_pace.h"
#include "gateway/volume/destager.h"
#include "gateway/volume/room_patience.h"

namespace cairn {

class destaging {
 public:
  destaging(member_core& core, bool stopped)
      : core_(core), destager_(core.log(), core.table(), core.log().backed()), stopped_(stopped) {}

  bool step();                // a batch; false: nothing to do
  void back();                // syncs backing files, saves `backed`
  void trim(sequence limit);  // or as far as `backed`

  sequence destaged() const { return destager_.destaged(); }
  std::uint64_t pending_records() const;  // shown, not yet destaged
  journal_load load() const;
  // `freed_by_us`: records up to here are kept for nothing but their way to the backing files.
  journal_room room(sequence freed_by_us) const;
  bool waits() const { return waits_; }  // for space in a backing file's file system
  std::string trouble() const;           // the sentence, while it lasts
  // Who destages; with it nobody does.
  turn_mutex& turn() { return turn_; }

 private:
  void tell(const std::string& what, log_event event);
  void check_watermarks() const;

  member_core& core_;
  turn_mutex turn_{"who destages"};
  destager destager_;
  std::atomic<bool> stopped_;  // by [testing], or a volume or the journal failed
  std::atomic<bool> waits_{false};
  guarded<std::string> trouble_;
  std::string backing_told_, trim_told_;  // what went wrong at the last look
};

// What goes wrong at every look is one line, until it is something else. Empty: nothing does.
void tell_once(const member_core& of, std::string& told, const std::string& now);
template <class T>
void tell_once(const member_core& of, std::string& told, const result<T>& done) {
  tell_once(of, told, done ? std::string() : done.error().text);
}

}  // namespace cairn
