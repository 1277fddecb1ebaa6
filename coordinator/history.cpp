#include "coordinator/history.h"

#include "base/log.h"
#include "replication/persist_step.h"

namespace cairn {

// While rows wait each attempt may cost the store's patience: those that come join the queue.
void history::add(row r) {
  if (failed_) return;
  const bool first = waiting_.empty();
  waiting_.push_back(std::move(r));
  if (first) write_waiting();
  if (waiting_.size() <= rows_max) return;
  waiting_.pop_front();
  ++dropped_;
}

void history::try_again() {
  if (!waiting_.empty()) write_waiting();
}

void history::write_waiting() {
  while (!waiting_.empty()) {
    if (const auto written = waiting_.front()(store_); !written) {
      if (!is_final(written.error())) return;
      log_warning("nothing is kept for the history any more: " + written.error().text);
      failed_ = true;
      return waiting_.clear();
    }
    waiting_.pop_front();
  }
  if (dropped_)
    log_warning(std::to_string(std::exchange(dropped_, 0)) +
                " rows of the history were dropped while the coordinator's state could not be "
                "written");
}

}  // namespace cairn
