#include "webui/metrics.h"

#include <fmt/format.h>

#include "base/version.h"

namespace cairn {
namespace {

std::string escaped(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// The text grows by one metric family after the other.
class families {
 public:
  explicit families(const std::string& group) : group_(escaped(group)) {}

  void begin(const char* name, const char* type, const char* help) {
    name_ = name;
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  void add(double value) { text_ += fmt::format("{}{{group=\"{}\"}} {}\n", name_, group_, value); }
  void add(const std::string& member, double value) {
    text_ +=
        fmt::format("{}{{group=\"{}\",member=\"{}\"}} {}\n", name_, group_, escaped(member), value);
  }
  // A value of 1, with labels that say the rest.
  void add_labels(const std::string& member, const std::string& version,
                  const std::string& commit) {
    const auto of_member =
        member.empty() ? std::string() : fmt::format(",member=\"{}\"", escaped(member));
    text_ += fmt::format("{}{{group=\"{}\"{},version=\"{}\",commit=\"{}\"}} 1\n", name_, group_,
                         of_member, escaped(version), escaped(commit));
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string group_;
  std::string name_;
  std::string text_;
};

double seconds(std::uint64_t ms) { return static_cast<double>(ms) / 1000; }

void gauge(families& out, const char* name, const char* help, const age_ms& age) {
  if (!age) return;
  out.begin(name, "gauge", help);
  out.add(seconds(*age));
}

void build_labels(families& out, const group_snapshot& s) {
  out.begin("cairn_build_info", "gauge", "1, with the version of this coordinator.");
  out.add_labels("", version_number(), version_commit());
  out.begin("cairn_member_build_info", "gauge", "1, with the version of the member's gateway.");
  for (const auto& m : s.members)
    if (m.fresh && m.status && !m.status->version.empty())
      out.add_labels(m.name, m.status->version, m.status->commit);
}

void group_gauges(families& out, const group_snapshot& s) {
  if (!s.taken_over_at) {  // afterwards there is no copy that it could be about
    gauge(out, "cairn_rpo_seconds", "Age of the newest marker that every secondary holds.",
          s.rpo_now);
  }
  gauge(out, "cairn_rpo_target_seconds", "What the configuration asks for.", s.rpo_target_ms);
  gauge(out, "cairn_applied_marker_age_seconds", "Age of the newest applied marker.",
        s.applied.age);
  gauge(out, "cairn_oldest_unstored_write_seconds",
        "Age of the oldest acknowledged write that is not at the other site.", s.oldest_unstored);
  out.begin("cairn_verdict", "gauge", "0 fine, 1 warning, 2 severe, 3 unknown.");
  out.add(static_cast<double>(s.level));
  if (!s.primary) return;
  out.begin("cairn_markers_sealed_total", "counter", "Rounds sealed at every member.");
  out.add(static_cast<double>(s.rounds.sealed));
  out.begin("cairn_markers_voided_total", "counter", "Rounds that were voided.");
  out.add(static_cast<double>(s.rounds.voided));
}

// One family over all members whose status is fresh.
template <class F>
void each_member(families& out, const group_snapshot& s, const char* name, const char* help,
                 F&& value_of) {
  out.begin(name, "gauge", help);
  for (const auto& m : s.members) {
    if (m.fresh && m.status) out.add(m.name, static_cast<double>(value_of(*m.status)));
  }
}

void member_gauges(families& out, const group_snapshot& s) {
  out.begin("cairn_member_up", "gauge", "1: its gateway answers.");
  for (const auto& m : s.members) out.add(m.name, m.connected && m.fresh ? 1 : 0);
  each_member(out, s, "cairn_link_up", "1: the link is connected.",
              [](const member_status& m) { return m.link == link_state::connected ? 1 : 0; });
  each_member(out, s, "cairn_behind_bytes", "Not stored at the peer, or not applied.",
              [](const member_status& m) { return m.behind_bytes; });
  each_member(out, s, "cairn_behind_records", "Not stored at the peer, or not applied.",
              [](const member_status& m) { return m.behind_records; });
  each_member(out, s, "cairn_journal_bytes", "Taken in the journal.",
              [](const member_status& m) { return m.journal_bytes; });
  each_member(out, s, "cairn_journal_size_bytes", "Bound of the journal.",
              [](const member_status& m) { return m.journal_bytes_max; });
  each_member(out, s, "cairn_member_destaging_waits", "1: nothing moves into its backing files.",
              [](const member_status& m) { return m.destage_trouble.empty() ? 0 : 1; });
}

}  // namespace

std::string metrics_text(const group_snapshot& s) {
  families out(s.group);
  build_labels(out, s);
  group_gauges(out, s);
  member_gauges(out, s);
  return std::move(out).text();
}

}  // namespace cairn
