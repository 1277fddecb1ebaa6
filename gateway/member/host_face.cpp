// The writes of front ends that have a thread for each request.
#include <condition_variable>
#include <mutex>
#include <optional>

#include "gateway/member/faces.h"

namespace cairn {
namespace {

// It ends when the gate opens (I11),
// at the latest after the hold limit.
class waiting {
 public:
  acknowledge done() {
    return [this](result<void> r) {
      const std::lock_guard lock(mutex_);
      outcome_ = std::move(r);
      arrived_.notify_one();
    };
  }
  result<void> wait() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return outcome_.has_value(); });
    return std::move(*outcome_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<result<void>> outcome_;
};

}  // namespace

result<void> host_face::write_and_wait(std::size_t volume, byte_view data, std::uint64_t offset,
                                       bool fua) {
  waiting w;
  write(volume, data, offset, fua, w.done());
  return w.wait();
}

result<void> host_face::clear_and_wait(std::size_t volume, record_kind kind, byte_range range,
                                       bool fua) {
  waiting w;
  clear(volume, kind, range, fua, w.done());
  return w.wait();
}

}  // namespace cairn
