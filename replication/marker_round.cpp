#include "replication/marker_round.h"

#include <algorithm>
#include <limits>

#include "base/invariant.h"

namespace cairn {
namespace {

constexpr std::uint64_t back_off_max_us = 10'000'000;
constexpr unsigned back_off_doublings_max = 3;
// A seal follows its RELEASE by one fdatasync; a disk that hangs is told from a slow one by this.
constexpr std::uint64_t outcome_wait_us = 10'000'000;
constexpr std::size_t released_max = 64;

std::string milliseconds(std::uint64_t us) { return std::to_string(us / 1000) + " ms"; }

}  // namespace

marker_round::marker_round(round_settings settings, marker_id last)
    : settings_(std::move(settings)),
      members_(settings_.members.size()),
      floor_epoch_(last.made_in),
      last_(last.number),
      persisting_(settings_.persist_pause_us) {}

// ---- the members

round_actions marker_round::on_connected(std::size_t member, const member_hello& hello,
                                         std::uint64_t now_us) {
  known_member& m = members_[member];
  m = known_member{
      .connected = true, .role = hello.role, .failed = {}, .hello = hello, .heard_us = now_us};
  last_ = std::max(last_, hello.marker_last);
  floor_epoch_ = std::max(floor_epoch_, hello.marker_epoch);
  if (epoch_ && hello.marker_epoch > epoch_)
    replaced_by_ = std::max(replaced_by_, hello.marker_epoch);
  take_epoch();
  return on_time(now_us);
}

// An epoch is taken once, when all have told the highest they know.
void marker_round::take_epoch() {
  const bool all = std::ranges::all_of(members_, [](const auto& m) { return m.hello.has_value(); });
  if (!epoch_ && all) epoch_ = floor_epoch_.next();
}

round_actions marker_round::on_disconnected(std::size_t member, std::uint64_t now_us) {
  round_actions out;
  members_[member].connected = false;
  members_[member].heard_us.reset();
  const std::string reason = settings_.members[member] + " was lost during the round";
  if (running_) give_up(out, reason, now_us);
  for (std::size_t i = released_.size(); i-- > 0;)
    if (!released_[i].sealed[member]) settle(out, i, round_outcome::unknown, reason);
  return out;
}

round_actions marker_round::on_status(std::size_t member, const member_status& status,
                                      std::uint64_t now_us) {
  hear(member, now_us);
  members_[member].role = status.role;
  members_[member].failed = status.journal_failed;
  return on_time(now_us);
}

void marker_round::hear(std::size_t member, std::uint64_t now_us) {
  if (members_[member].connected) members_[member].heard_us = now_us;
}

bool marker_round::heard_lately(const known_member& m, std::uint64_t now_us) const {
  return m.heard_us && now_us <= *m.heard_us + settings_.interval_us;
}

std::optional<marker_round::hindrance> marker_round::hindered(std::uint64_t now_us) const {
  if (auto by = unready(now_us)) return by;
  if (const auto& trouble = persisting_.trouble()) return hindrance{{}, trouble->sentence};
  return std::nullopt;
}

std::optional<marker_round::hindrance> marker_round::unready(std::uint64_t now_us) const {
  if (replaced_by_)
    return hindrance{{},
                     "another primary coordinator, of epoch " + std::to_string(replaced_by_.value) +
                         ", has replaced this one"};
  if (persisting_.stopped()) return hindrance{{}, persisting_.trouble()->sentence};
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const known_member& m = members_[i];
    if (!m.connected) return hindrance{i, "is not connected"};
    if (m.role != member_role::primary)
      return hindrance{i, std::string("is ") + name_of(m.role) + ", not primary"};
    if (!m.failed.empty()) return hindrance{i, "has a journal that failed: " + m.failed};
    if (!heard_lately(m, now_us))
      return hindrance{i, "has not been heard within the last interval"};
  }
  return std::nullopt;
}

std::string marker_round::obstacle(std::uint64_t now_us) const {
  const auto by = hindered(now_us);
  if (!by) return {};
  return by->member ? settings_.members[*by->member] + " " + by->why : by->why;
}

// ---- a round begins

round_actions marker_round::demand(std::uint64_t now_us) {
  demanded_ = true;
  return on_time(now_us);
}

round_actions marker_round::on_time(std::uint64_t now_us) {
  round_actions out;
  expire(out, now_us);
  const bool wanted = demanded_ || sounding_ || now_us >= due_us_;
  if (!running_ && wanted && persisting_.may_ask(now_us)) try_begin(out, now_us);
  return out;
}

void marker_round::set_pace(std::uint64_t interval_us, std::uint64_t hold_limit_us,
                            std::uint64_t now_us) {
  settings_.interval_us = interval_us;
  settings_.hold_limit_us = hold_limit_us;
  due_us_ = std::min(due_us_, now_us + this->interval_us());
}

void marker_round::try_begin(round_actions& out, std::uint64_t now_us) {
  if (unready(now_us)) return sound(out, now_us);
  last_ = last_.next();
  running_ = running_round{.marker = {last_, epoch_}, .demanded = demanded_, .counted = {}};
  running_->counted.resize(members_.size());
  due_us_ = now_us + interval_us();
  sounding_ = false;
  demanded_ = false;
  persisting_.on_asked();
  out.emplace_back(persist_marker{running_->marker});
}

// Not all were heard: ask those that are connected, at most once an interval. Their answers begin
// the round at once.
void marker_round::sound(round_actions& out, std::uint64_t now_us) {
  const bool due = now_us >= due_us_;
  if (sounding_ && !due) return;
  if (sounding_) ++skipped_;
  sounding_ = !replaced_by_;
  due_us_ = now_us + interval_us();
  for (std::size_t i = 0; i < members_.size() && !replaced_by_; ++i)
    if (members_[i].connected && !heard_lately(members_[i], now_us))
      out.emplace_back(send_control{i, status_request{}});
}

void marker_round::send_all(round_actions& out, const control_message& m) const {
  for (std::size_t i = 0; i < members_.size(); ++i) out.emplace_back(send_control{i, m});
}

round_actions marker_round::on_persisted(marker_id marker, std::uint64_t now_us) {
  persisting_.on_kept();
  if (!running_ || running_->marked || running_->marker != marker) return on_time(now_us);
  round_actions out;
  running_->marked = true;
  running_->marked_us = now_us;
  send_all(out, mark{.marker = marker,
                     .members = settings_.members,
                     .hold_limit_ms = static_cast<std::uint32_t>(settings_.hold_limit_us / 1000)});
  return out;
}

// Nobody has seen the number, so there is nothing to abandon. Members may have become silent by the
// time that the next one can be kept: the round begins anew, by all its rules.
round_actions marker_round::on_persist_failed(marker_id marker, const error& why,
                                              std::uint64_t now_us) {
  persisting_.on_failed(why, now_us);
  if (!running_ || running_->marked || running_->marker != marker) return {};
  demanded_ = demanded_ || running_->demanded;
  due_us_ = persisting_.next_us();
  running_.reset();
  return {};
}

// ---- a round ends

// The rule that makes a marker a consistent cut: nobody releases before everybody holds.
bool marker_round::all_inserted() const {
  return std::ranges::all_of(running_->counted, [](const auto& by) { return by.has_value(); });
}

round_actions marker_round::on_inserted(std::size_t member, const inserted& m,
                                        std::uint64_t now_us) {
  round_actions out;
  hear(member, now_us);
  if (!running_ || !running_->marked || running_->marker != m.marker) return out;
  if (now_us >= running_->marked_us + settings_.hold_limit_us) return on_time(now_us);
  running_->counted[member] = m.by;
  if (all_inserted()) release_round(out, now_us);
  return out;
}

void marker_round::release_round(round_actions& out, std::uint64_t now_us) {
  const running_round& r = *running_;
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (r.counted[i]) out.emplace_back(send_control{i, release{r.marker, *r.counted[i]}});
  if (released_.size() == released_max)
    settle(out, 0, round_outcome::unknown, "the members did not tell the outcome");
  released_.push_back({.marker = r.marker,
                       .released_us = now_us,
                       .round_us = now_us - r.marked_us,
                       .held_max_us = 0,
                       .sealed = std::vector<bool>(members_.size(), false)});
  running_.reset();
}

void marker_round::give_up(round_actions& out, const std::string& reason, std::uint64_t now_us) {
  if (running_->marked) send_all(out, abandon{running_->marker});
  out.emplace_back(
      round_ended{.marker = running_->marker, .outcome = round_outcome::voided, .reason = reason});
  running_.reset();
  back_off(now_us);
}

round_actions marker_round::on_outcome(std::size_t member, const outcome& m, std::uint64_t now_us) {
  round_actions out;
  hear(member, now_us);
  const std::string who = settings_.members[member];
  if (running_ && running_->marker == m.marker && !m.sealed)
    give_up(out, who + ": " + m.reason, now_us);
  const auto at = std::ranges::find(released_, m.marker, &released_round::marker);
  if (at == released_.end()) return out;
  const auto index = static_cast<std::size_t>(at - released_.begin());
  at->held_max_us = std::max(at->held_max_us, m.held_us);
  at->sealed[member] = m.sealed;
  if (!m.sealed) {
    settle(out, index, round_outcome::voided, who + ": " + m.reason);
    back_off(now_us);
  } else if (std::ranges::all_of(at->sealed, [](bool s) { return s; })) {
    settle(out, index, round_outcome::sealed, {});
    voids_in_a_row_ = 0;
  }
  return out;
}

round_actions marker_round::on_refused(std::size_t member, const control_refusal& m,
                                       std::uint64_t now_us) {
  round_actions out;
  hear(member, now_us);
  if (m.about != "MARK") return out;
  last_ = std::max(last_, m.highest_marker);
  if (m.highest_epoch > epoch_ && epoch_) replaced_by_ = std::max(replaced_by_, m.highest_epoch);
  if (running_ && running_->marker == m.marker)
    give_up(out, settings_.members[member] + " refused it: " + m.reason, now_us);
  return out;
}

void marker_round::settle(round_actions& out, std::size_t index, round_outcome how,
                          const std::string& reason) {
  const released_round& r = released_[index];
  out.emplace_back(round_ended{r.marker, how, reason, r.round_us, r.held_max_us});
  released_.erase(released_.begin() + static_cast<std::ptrdiff_t>(index));
}

// ---- time

std::uint64_t marker_round::interval_us() const {
  const std::uint64_t longer = settings_.interval_us << voids_in_a_row_;
  return std::max(settings_.interval_us, std::min(longer, back_off_max_us));
}

// One hung member must not make the hosts of all stall again and again.
void marker_round::back_off(std::uint64_t now_us) {
  voids_in_a_row_ = std::min(voids_in_a_row_ + 1, back_off_doublings_max);
  due_us_ = std::max(due_us_, now_us + interval_us());
}

void marker_round::expire(round_actions& out, std::uint64_t now_us) {
  if (running_ && running_->marked && now_us >= running_->marked_us + settings_.hold_limit_us) {
    std::string missing;
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (!running_->counted[i]) missing += (missing.empty() ? "" : ", ") + settings_.members[i];
    give_up(out, missing + " did not answer within " + milliseconds(settings_.hold_limit_us),
            now_us);
  }
  while (!released_.empty() && now_us >= released_.front().released_us + outcome_wait_us)
    settle(out, 0, round_outcome::unknown, "not every member told the outcome");
}

std::uint64_t marker_round::next_deadline_us() const {
  std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
  if (!running_) next = std::max(due_us_, persisting_.next_us());
  if (running_ && running_->marked) next = running_->marked_us + settings_.hold_limit_us;
  if (!released_.empty()) next = std::min(next, released_.front().released_us + outcome_wait_us);
  return next;
}

}  // namespace cairn
