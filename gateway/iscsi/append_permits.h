// How many network threads may be in the journal at once: one fewer than there are. An append may
// get stuck in the kernel; so one thread is left that answers NOP-Out, however many hosts write.
//
// Thread-safe.
#pragma once
#include <atomic>

namespace cairn::iscsi {

class append_permits {
 public:
  class permit {
   public:
    explicit permit(std::atomic<int>& left) : left_(left), taken_(left.fetch_sub(1) > 0) {}
    ~permit() { ++left_; }
    permit(const permit&) = delete;
    permit& operator=(const permit&) = delete;
    explicit operator bool() const { return taken_; }

   private:
    std::atomic<int>& left_;
    const bool taken_;
  };

  explicit append_permits(int threads) : left_(threads) {}
  // false: no thread may go there now.
  [[nodiscard]] permit take() { return permit(left_); }

 private:
  std::atomic<int> left_;
};

}  // namespace cairn::iscsi
