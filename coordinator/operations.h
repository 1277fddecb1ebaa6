// What takes time and was asked for by a person: rounds on demand, plans, takeovers. The last
// hundred are remembered. Owned by the coordinator's thread.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/result.h"
#include "coordinator/view.h"

namespace cairn {

class operations {
 public:
  std::uint64_t begin(const std::string& kind, const std::string& sentence, std::uint64_t now_us);
  // nullptr: forgotten, or never was.
  operation_view* find(std::uint64_t id);
  void finish(std::uint64_t id, const std::string& sentence, std::uint64_t now_us);
  void fail_with(std::uint64_t id, const error& why, std::uint64_t now_us);
  // A copy with ran_ms as of now.
  std::optional<operation_view> view(std::uint64_t id, std::uint64_t now_us);

 private:
  struct entry {
    operation_view view;
    std::uint64_t begun_us = 0;
  };
  entry* entry_of(std::uint64_t id);

  static constexpr std::size_t kept = 100;
  std::deque<entry> all_;
  std::uint64_t next_ = 1;
};

// ENOENT not found, EPERM and EBUSY refused, ETIMEDOUT unreachable, all else failed.
failure_kind failure_of(int code);

}  // namespace cairn
