// What a coordinator knows of its members: who is connected, the last status of each, and how old
// that is on our own monotonic clock. Pure, owned by the coordinator's thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "coordinator/view.h"

namespace cairn {

class member_board {
 public:
  member_board(const std::vector<coordinator_member_config>& members, std::uint64_t poll_us);

  void set_poll(std::uint64_t poll_us) { poll_us_ = poll_us; }
  void on_connected(std::size_t member, std::uint64_t now_us);
  // Returns whether this is news: the first loss, or another sentence than the last one.
  bool on_lost(std::size_t member, const std::string& why, std::uint64_t now_us);
  void on_heard(std::size_t member, std::uint64_t now_us);
  void on_status(std::size_t member, const member_status& status, std::uint64_t now_us);

  std::size_t size() const { return members_.size(); }
  const std::string& name(std::size_t member) const { return members_[member].name; }
  const std::string& control(std::size_t member) const { return members_[member].control; }
  bool connected(std::size_t member) const { return members_[member].connected; }
  // The last one, however old; nullptr: none yet.
  const member_status* status(std::size_t member) const;
  std::vector<member_view> view(std::uint64_t now_us) const;
  // Sums and the oldest unstored write, over all members whose status is known.
  void add_lag(group_snapshot& s, std::uint64_t now_us) const;

 private:
  struct known_member {
    std::string name;
    std::string control;
    bool connected = false;
    std::string because = "not connected yet";
    std::optional<std::uint64_t> heard_us;
    std::optional<std::uint64_t> read_us;
    std::optional<member_status> status;
  };

  std::uint64_t poll_us_;  // a status that is three times as old is not fresh
  std::vector<known_member> members_;
};

age_ms age_of(std::optional<std::uint64_t> then_us, std::uint64_t now_us);

}  // namespace cairn
