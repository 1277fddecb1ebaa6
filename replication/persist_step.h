// "Persist, then send": how it goes with what a coordinator must have on its disk before anything
// that rests on it leaves.
//
// A machine asks (an action that carries what is to be kept), and sends nothing that rests on it
// until the caller tells that exactly this is durable. A failure is told, too:
//
//   asked ──durable──► rest
//       ├──passing──► pause ──► asked again, or something else is
//       └──final────► stopped
//
// Passing: the disk is full, or somebody locks the file. What was asked for is not kept; the
// machine withdraws what it meant to do, or asks again, after a pause that doubles. Final: a failed
// sync, damage. Whether it is kept nobody knows before the next start; nothing is asked any more.
//
// Pure. Owned by one machine; here is no state to keep and no message, only when to ask and what to
// tell meanwhile.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace cairn {

// What the disk itself got wrong (EIO, EBADMSG): trying again would prove nothing (I9).
bool is_final(const error& why);

// Why nothing that must be durable first is done: a sentence, until something was kept again.
struct persist_trouble {
  std::string sentence;
  bool final = false;
  friend bool operator==(const persist_trouble&, const persist_trouble&) = default;
};

class persist_step {
 public:
  // `pause_us`: before the second attempt; doubles up to pauses_max times as much.
  explicit persist_step(std::uint64_t pause_us) : first_pause_us_(pause_us) {}
  static constexpr std::uint64_t pauses_max = 20;

  void on_asked() { asked_ = true; }
  void on_kept();
  void on_failed(const error& why, std::uint64_t now_us);

  // Nothing is asked for, no pause lasts, and nothing has failed for good.
  bool may_ask(std::uint64_t now_us) const { return now_us >= next_us(); }
  // When that may be: 0 at once, the end of a pause, or never (an answer is awaited; stopped).
  std::uint64_t next_us() const;
  const std::optional<persist_trouble>& trouble() const { return trouble_; }
  bool stopped() const { return trouble_ && trouble_->final; }

 private:
  std::uint64_t first_pause_us_;
  std::uint64_t pause_us_ = 0;  // the last one
  std::uint64_t until_us_ = 0;
  bool asked_ = false;
  std::optional<persist_trouble> trouble_;
};

}  // namespace cairn
