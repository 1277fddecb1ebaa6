#include "coordinator/member_board.h"

#include <algorithm>

namespace cairn {

age_ms age_of(std::optional<std::uint64_t> then_us, std::uint64_t now_us) {
  if (!then_us) return std::nullopt;
  return now_us > *then_us ? (now_us - *then_us) / 1000 : 0;
}

member_board::member_board(const std::vector<coordinator_member_config>& members,
                           std::uint64_t poll_us)
    : poll_us_(poll_us) {
  for (const auto& m : members) {
    known_member known;
    known.name = m.name;
    known.control = m.control.text();
    members_.push_back(std::move(known));
  }
}

void member_board::on_connected(std::size_t member, std::uint64_t now_us) {
  members_[member].connected = true;
  members_[member].because.clear();
  on_heard(member, now_us);
}

bool member_board::on_lost(std::size_t member, const std::string& why, std::uint64_t) {
  known_member& m = members_[member];
  const bool news = m.connected || m.because != why;
  m.connected = false;
  m.because = why;
  return news;
}

void member_board::on_heard(std::size_t member, std::uint64_t now_us) {
  members_[member].heard_us = now_us;
}

void member_board::on_status(std::size_t member, const member_status& status,
                             std::uint64_t now_us) {
  members_[member].status = status;
  members_[member].read_us = now_us;
}

const member_status* member_board::status(std::size_t member) const {
  const auto& s = members_[member].status;
  return s ? &*s : nullptr;
}

std::vector<member_view> member_board::view(std::uint64_t now_us) const {
  std::vector<member_view> all;
  for (const known_member& m : members_) {
    member_view v;
    v.name = m.name;
    v.control = m.control;
    v.connected = m.connected;
    v.because = m.because;
    v.heard = age_of(m.heard_us, now_us);
    v.read = age_of(m.read_us, now_us);
    v.fresh = m.read_us && now_us <= *m.read_us + 3 * poll_us_;
    v.status = m.status;
    all.push_back(std::move(v));
  }
  return all;
}

void member_board::add_lag(group_snapshot& s, std::uint64_t now_us) const {
  for (const known_member& m : members_) {
    if (!m.status) continue;
    s.behind_bytes += m.status->behind_bytes;
    s.behind_records += m.status->behind_records;
    // A write that was waiting when the status was read waits at least since then.
    std::uint64_t oldest = m.status->oldest_unstored_ms;
    if (oldest) oldest += *age_of(m.read_us, now_us);
    s.oldest_unstored = std::max(s.oldest_unstored.value_or(0), oldest);
  }
}

}  // namespace cairn
