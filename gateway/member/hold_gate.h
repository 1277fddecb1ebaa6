// The gate in front of acknowledgements: holds them back while a marker is taken (DESIGN.md
// section 6) and lets them go in one change of state.
//
// Thread-safe. Completions are called without the gate's lock, by whichever thread opened the gate.
// Not here: journaling the marker, its seal or void; the member does that with what is returned.
#pragma once
#include <atomic>
#include <functional>
#include <optional>
#include <vector>

#include "base/guarded.h"
#include "replication/hold.h"

namespace cairn {

class hold_gate {
 public:
  using completion = std::function<void()>;
  // A hold that is over, with what it withheld: the caller runs `withheld`, in order, at once.
  struct opened {
    hold::ended how;
    std::vector<completion> withheld;
  };

  hold_gate(std::pair<epoch, marker_number> highest, bool withholds)
      : withholds_(withholds), inner_(highest.first, highest.second) {}

  // Takes MARK. insert() appends the marker record and returns its sequence; while it runs
  // everything is withheld, so no operation behind the marker can pass in between. EAGAIN with the
  // reason where MARK is refused or the hold ended before the marker was in the journal.
  result<sequence> take(const mark& m, hold::time now,
                        const std::function<result<sequence>()>& insert);
  // The operation `s` may be acknowledged as far as its append is concerned: runs `done` now, or
  // when the hold that it fell into is over.
  template <class F>
  void pass(sequence s, F&& done) {
    if (!withholds_ || !engaged_ || !keep(s, done)) done();
  }

  std::optional<opened> on_release(const release& r, incarnation current, hold::time now);
  std::optional<opened> on_abandon(const abandon& a, hold::time now);
  // Where a hold ended: MARK is refused until settled() is called. The thread that watches the
  // limit journals the void meanwhile; with a disk that hangs nobody would watch another hold's
  // (I11).
  std::optional<opened> on_time(hold::time now);
  void settled();
  std::optional<hold::time> deadline() const;
  std::pair<epoch, marker_number> highest() const;

 private:
  struct waiting {
    sequence seq;
    completion done;
  };
  struct state {
    state(epoch e, marker_number n) : rules(e, n) {}
    hold rules;
    std::vector<waiting> withheld;
    bool settling = false;  // between on_time() and settled()
  };
  static std::vector<completion> let_go(state& s);
  template <class F>
  auto change(F&& f);
  template <class F>
  std::optional<opened> open_by(F&& decide);
  // Takes `done` along if the operation is withheld.
  bool keep(sequence s, const completion& done);

  const bool withholds_;  // false: a test has switched the hold off
  guarded<state> inner_;
  // Whether inner_ withholds anything; changed under its lock. An operation behind a marker was
  // given its sequence after the marker, whose MARK had set this before: it can't see false.
  std::atomic<bool> engaged_{false};
};

}  // namespace cairn
