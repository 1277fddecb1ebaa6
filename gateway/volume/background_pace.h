// When the work behind the hosts' backs is done: fdatasync of the journal, destaging, fsync of the
// backing files. Done late it costs less, since overwritten bytes are skipped, neighbours become
// one write and a sync covers more; done too late it costs memory, journal space and the time of a
// recovery. So each has a bound in amount and one in age, and destaging uses idle moments.
//
// Pure: told what there is and what time it is, says what is due. Not thread-safe.
#pragma once
#include <chrono>
#include <cstdint>

#include "journal/journal.h"

namespace cairn {

struct journal_load {
  std::uint64_t pending_records = 0;    // journaled (a secondary: applied), not yet destaged
  std::uint64_t pending_bytes = 0;      // of volumes, that these records changed
  std::uint64_t undurable_records = 0;  // finished, not yet durable
  std::uint64_t undurable_bytes = 0;
  std::uint64_t unbacked_records = 0;  // destaged, the backing files not yet synced
  std::uint64_t changes = 0;    // records that came in and change volumes: stands still at rest
  bool short_of_space = false;  // more than half of the journal's bound is in use
};

class background_pace {
 public:
  using time = std::chrono::steady_clock::time_point;

  static constexpr std::uint64_t undurable_bytes_max = 128U << 20;
  static constexpr std::chrono::milliseconds undurable_age_max{1000};
  static constexpr std::uint64_t pending_records_due = 128U << 10;
  static constexpr std::uint64_t pending_bytes_due = 1U << 30;
  static constexpr std::chrono::milliseconds pending_age_max{5000};
  static constexpr std::chrono::milliseconds idle_after{500};
  static constexpr std::chrono::milliseconds unbacked_age_max{5000};
  static constexpr std::chrono::milliseconds unbacked_age_short{500};  // when short of space

  // Hosts are slowed down between these two, so that destaging keeps up (memory is bounded).
  static constexpr std::uint64_t pending_records_soft = 192U << 10;
  static constexpr std::uint64_t pending_records_max = 384U << 10;
  static constexpr std::chrono::microseconds delay_max{20'000};

  bool sync_due(const journal_load& now_there, time now);
  bool destage_due(const journal_load& now_there, time now);
  bool backing_due(const journal_load& now_there, time now);

  // Hosts are slowed down, too, when less than half of the journal's wanted space ahead is left, so
  // that none has to stand still until a segment was made or freed. The nearer the end, the slower.
  static constexpr std::chrono::microseconds delay_max_per_mib{200'000};
  static constexpr std::chrono::microseconds space_delay_max{500'000};

  // How long one host write waits before it is accepted; 0 below the soft bound, rising evenly.
  static std::chrono::microseconds delay(std::uint64_t pending_records);
  static std::chrono::microseconds delay(space_ahead ahead, std::uint64_t write_bytes);

 private:
  // Since when there has been something; the epoch of the clock while there is nothing.
  struct age {
    time since{};
    bool reaches(bool something, std::chrono::milliseconds limit, time now);
  };
  age undurable_, pending_, unbacked_;
  std::uint64_t changes_ = 0;
  time changed_at_{};
};

}  // namespace cairn
