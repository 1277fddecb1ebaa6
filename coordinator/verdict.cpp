#include "coordinator/verdict.h"

#include <fmt/format.h>

#include <algorithm>

namespace cairn {
namespace {

// A coordinator that has just started knows nothing yet; that alone is not a fault.
constexpr std::uint64_t starting_ms = 3'000;

std::string cause(const group_snapshot& s) {
  if (!s.holding) return {};
  const std::string who = s.holding->member.empty() ? "" : s.holding->member + ": ";
  return ": " + who + s.holding->because;
}

const char* lost_site(const group_snapshot& s) {
  return s.primary ? "this site" : "the primary site";
}

verdict_level level_of(std::uint64_t rpo_ms, std::uint64_t target_ms) {
  if (rpo_ms <= target_ms) return verdict_level::fine;
  return rpo_ms < 4 * target_ms ? verdict_level::warning : verdict_level::severe;
}

std::optional<std::string> trouble_of(const member_view& m) {
  if (!m.connected) return "its gateway can't be reached: " + m.because;
  if (!m.status) return std::nullopt;
  const member_status& st = *m.status;
  if (!st.journal_failed.empty()) return "its journal failed: " + st.journal_failed;
  if (st.role == member_role::fenced) return "it is fenced: " + st.role_because;
  for (const auto& v : st.volumes)
    if (!v.failed.empty()) return "volume " + v.name + " failed: " + v.failed;
  if (st.role != member_role::primary && st.role != member_role::secondary) return std::nullopt;
  if (st.link == link_state::connected) return std::nullopt;
  return std::string("its link is ") + name_of(st.link) +
         (st.link_because.empty() ? "" : ": " + st.link_because);
}

void judge_unknown(group_snapshot& s) {
  if (s.up_ms < starting_ms) {
    s.level = verdict_level::unknown;
    s.verdict = "The coordinator has just started; nothing is known yet.";
    return;
  }
  s.level = verdict_level::severe;
  s.verdict = fmt::format(
      "No marker is known at every secondary yet: if {} were lost now, there would be nothing to "
      "recover to{}.",
      lost_site(s), cause(s));
}

void judge_loss(group_snapshot& s) {
  if (s.taken_over_at) {
    s.level = verdict_level::fine;
    s.verdict = fmt::format(
        "Taken over at {}: this site holds the group now, and no other site "
        "holds a copy.",
        marker_text(*s.taken_over_at));
    return;
  }
  if (!s.rpo_now) return judge_unknown(s);
  s.level = level_of(*s.rpo_now, s.rpo_target_ms);
  const std::string loss = (s.rpo_at_least ? "at least " : "at most ") + duration_text(*s.rpo_now);
  if (s.level == verdict_level::fine && !s.rpo_at_least) {
    s.verdict = fmt::format("If {} were lost now, {} would be lost.", lost_site(s), loss);
    return;
  }
  if (s.level == verdict_level::fine && s.up_ms < starting_ms) return judge_unknown(s);
  s.verdict = fmt::format("If {} were lost now, {} would be lost; the target is {}{}.",
                          lost_site(s), loss, duration_text(s.rpo_target_ms), cause(s));
}

// The sentence, unless the verdict has it as its cause already.
void add_sentence(group_snapshot& s, verdict_level least, const std::string& told) {
  s.level = std::max(s.level, least);
  if (s.verdict.find(told) == std::string::npos) s.verdict += " " + told + ".";
}

// No marker is made, or none applied, and there is no takeover, however young the newest one is.
void add_state(group_snapshot& s) {
  if (s.state_trouble.empty()) return;
  std::string told = s.state_trouble;
  if (s.verdict.find(told) == std::string::npos) told[0] = static_cast<char>(std::toupper(told[0]));
  add_sentence(s, s.state_failed ? verdict_level::severe : verdict_level::warning, told);
}

// Writes stay safe in the journal, until it is full. At a secondary nothing of what is applied
// reaches the copy that a takeover would go on with.
void add_destaging(group_snapshot& s) {
  for (const member_view& m : s.members) {
    if (!m.fresh || !m.status || m.status->destage_trouble.empty()) continue;
    const bool secondary = m.status->role == member_role::secondary;
    add_sentence(s, secondary ? verdict_level::severe : verdict_level::warning,
                 m.name + ": " + m.status->destage_trouble);
  }
}

}  // namespace

std::string duration_text(std::uint64_t ms) {
  const std::uint64_t tenths = (ms + 99) / 100;  // up: it is said as "at most"
  if (tenths < 100) return fmt::format("{}.{} s", tenths / 10, tenths % 10);
  if (ms < 120'000) return fmt::format("{} s", ms / 1000);
  if (ms < 7'200'000) return fmt::format("{} min", ms / 60'000);
  return fmt::format("{} h", ms / 3'600'000);
}

std::string marker_text(marker_id marker) {
  return "marker " + std::to_string(marker.number.value);
}

void judge(group_snapshot& s) {
  judge_loss(s);
  add_state(s);
  add_destaging(s);
}

std::optional<held_back> find_holdback(const group_snapshot& s) {
  for (const member_view& m : s.members)
    if (const auto trouble = trouble_of(m)) return held_back{m.name, *trouble, {}};
  return std::nullopt;
}

std::optional<held_back> find_waiting_destaging(const group_snapshot& s) {
  for (const member_view& m : s.members)
    if (m.status && !m.status->destage_trouble.empty())
      return held_back{m.name, m.status->destage_trouble, {}};
  return std::nullopt;
}

void holdback_memory::add_since(std::optional<held_back>& holding, std::uint64_t now_us) {
  if (!holding) return member_.reset();
  if (member_ != holding->member) {
    member_ = holding->member;
    since_us_ = now_us;
  }
  holding->since = (now_us - since_us_) / 1000;
}

}  // namespace cairn
