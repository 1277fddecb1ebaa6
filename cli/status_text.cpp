#include "cli/status_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/json_fields.h"
#include "cli/table.h"

namespace cairn {
namespace {

std::string coloured(const std::string& text, const std::string& level, bool colour) {
  if (!colour) return text;
  const char* code = level == "fine"      ? "32"
                     : level == "warning" ? "33"
                     : level == "severe"  ? "31"
                                          : "90";
  return fmt::format("\x1b[1;{}m{}\x1b[0m", code, text);
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string marker_line(const json_value& marker) {
  if (marker.is_null()) return "none";
  return fmt::format("#{} (epoch {}), {} old", count_in(marker, "number"),
                     count_in(marker, "epoch"), human_age(number_in(marker, "age_ms")));
}

std::string verdict_lines(const json_value& group, bool colour) {
  const auto level = text_in(group, "level");
  auto out = coloured(upper(level), level, colour) + ": " + text_in(group, "verdict") + "\n";
  const auto& held = group.at("holding_back");
  if (held.is_null()) return out;
  const auto member = text_in(held, "member");
  const auto because = text_in(held, "because");
  const auto since = number_in(held, "since_ms");
  // The verdict often ends in the reason; once is enough.
  const bool said = out.find(because) != std::string::npos;
  return out + fmt::format("  held back{}{}{}\n", member.empty() ? "" : " by " + member,
                           since ? " for " + human_age(since) : "", said ? "" : ": " + because);
}

std::string behind_line(const json_value& group, bool primary) {
  const auto oldest = number_in(group, "oldest_unstored_ms");
  // Only the primary site knows what has not arrived.
  const std::string oldest_text = !primary       ? "not yet applied here"
                                  : !oldest      ? "oldest write unknown"
                                  : *oldest == 0 ? "every write is at the other site"
                                                 : "oldest write " + human_age(oldest);
  return fmt::format("{} in {} records; {}", human_bytes(count_in(group, "behind_bytes")),
                     human_count(count_in(group, "behind_records")), oldest_text);
}

std::string rpo_text(const json_value& group) {
  if (!group.at("taken_over").is_null()) return "none: no other site holds a copy";
  return fmt::format("{}{} (target {})", group.at("rpo_at_least").get<bool>() ? "over " : "",
                     human_age(number_in(group, "rpo_now_ms")),
                     human_age(number_in(group, "rpo_target_ms")));
}

std::string group_lines(const json_value& summary) {
  const auto& g = summary.at("group");
  const auto& c = summary.at("coordinator");
  const auto phase = text_in(c, "phase");
  std::string out =
      fmt::format("Group {}, {} coordinator {}, epoch {}, up {}{}\n", text_in(g, "name"),
                  text_in(c, "role"), text_in(c, "name"), count_in(c, "epoch"),
                  human_age(number_in(c, "up_ms")), phase.empty() ? "" : ", " + phase);
  out += "  RPO now  " + rpo_text(g) + "\n";
  for (const char* which : {"sealed", "stored", "applied"}) {
    out += fmt::format("  {:<7}  {}\n", which, marker_line(g.at(which)));
  }
  out += "  behind   " + behind_line(g, text_in(c, "role") == "primary") + "\n";
  if (!g.at("taken_over").is_null()) {
    out += fmt::format("  taken over at marker #{}\n",
                       count_in(g.at("taken_over").at("at"), "number"));
  }
  return out;
}

text_table::row member_row(const json_value& m) {
  const auto& s = m.at("status");
  if (s.is_null())
    return {text_in(m, "name"), "unknown", text_in(m, "control"), "", "", "", "", "", "", "never"};
  const auto& w = s.at("watermarks");
  const auto at = [&](const char* stage) { return human_count(count_in(w, stage)); };
  const bool sends = text_in(s, "role") == "primary";
  const auto applied = s.at("applied_marker");
  return {
      text_in(m, "name"),
      text_in(s, "role"),
      m.at("fresh").get<bool>() ? text_in(s, "link") : "unknown",
      at("finished"),
      at("durable"),
      sends ? at("sent") : "-",
      at("stored"),
      at("applied") + (applied.is_null() ? "" : fmt::format(" #{}", count_in(applied, "number"))),
      human_bytes(count_in(s, "behind_bytes")) + " / " + human_count(count_in(s, "behind_records")),
      human_age(number_in(m, "read_age_ms")) + " ago"};
}

// Sentences that say what is wrong with a member, each once.
std::vector<std::string> troubles(const json_value& m) {
  std::vector<std::string> found;
  const auto add = [&](const std::string& text) {
    if (!text.empty() && std::find(found.begin(), found.end(), text) == found.end()) {
      found.push_back(text);
    }
  };
  if (!m.at("fresh").get<bool>()) add("not heard for " + human_age(number_in(m, "heard_age_ms")));
  add(text_in(m, "because"));
  const auto& s = m.at("status");
  for (const char* key : {"link_because", "role_because", "journal_failed", "destage_trouble"})
    add(text_in(s, key));
  for (const char* key : {"flow", "copy"}) {
    const auto word = text_in(s, key);
    if (word.starts_with("blocked") || word.starts_with("failed")) add(key + (" " + word));
  }
  return found;
}

text_table::row volume_row(const json_value& v) {
  const auto failed = text_in(v, "failed");
  return {
      "  " + text_in(v, "name"),
      human_bytes(count_in(v, "size_bytes")),
      failed.empty() ? "" : "failed",
      "",
      "",
      "",
      "",
      "",
      human_bytes(count_in(v, "behind_bytes")) + " / " + human_count(count_in(v, "behind_records")),
      ""};
}

// Sentences about a volume: what is wrong with it, and who is logged in.
std::vector<std::string> volume_sentences(const json_value& v) {
  std::vector<std::string> out;
  if (const auto failed = text_in(v, "failed"); !failed.empty()) out.push_back("! " + failed);
  if (!v.contains("sessions")) return out;  // a coordinator of an older version
  for (const auto& s : v.at("sessions")) {
    out.push_back(fmt::format("session of {} at {}, {} commands under way", text_in(s, "initiator"),
                              text_in(s, "address"), human_count(count_in(s, "tasks"))));
  }
  return out;
}

std::string member_lines(const json_value& members) {
  text_table table;
  table.add({"Member", "Role", "Link", "Journaled", "Durable", "Sent", "Stored", "Applied",
             "Behind", "Read"});
  for (const auto& m : members) {
    table.add(member_row(m));
    for (const auto& text : troubles(m)) table.add({"  ! " + text});
    if (m.at("status").is_null()) continue;
    for (const auto& v : m.at("status").at("volumes")) {
      table.add(volume_row(v));
      for (const auto& sentence : volume_sentences(v)) table.add({"    " + sentence});
    }
  }
  return table.text();
}

}  // namespace

std::string status_text(const std::string& summary, bool colour) {
  const auto s = json_value::parse(summary);
  return verdict_lines(s.at("group"), colour) + "\n" + group_lines(s) + "\n" +
         member_lines(s.at("members"));
}

std::string status_level(const std::string& summary) {
  return text_in(json_value::parse(summary).at("group"), "level");
}

std::string status_json(const std::string& summary) {
  auto s = json_value::parse(summary);
  s["schema"] = "cairn.status/1";
  return s.dump() + "\n";
}

std::string markers_text(const std::string& markers) {
  const auto document = json_value::parse(markers);
  const auto now = document.at("display_unix_ms").get<std::int64_t>();
  text_table table;
  table.add({"Marker", "Epoch", "Outcome", "Made", "Age", "Held", "Name"});
  for (const auto& m : document.at("markers")) {
    const auto made = m.at("display_unix_ms").get<std::int64_t>();
    const auto outcome = text_in(m, "outcome");
    const bool sealed = outcome == "sealed";
    const bool applied = m.at("applied").get<bool>();
    const bool stored = m.at("stored").get<bool>();
    table.add({fmt::format("#{}", count_in(m, "number")), std::to_string(count_in(m, "epoch")),
               sealed && applied  ? "applied"
               : sealed && stored ? "stored"
                                  : outcome,
               human_clock(made),
               human_age(static_cast<std::uint64_t>(std::max<std::int64_t>(0, now - made))),
               count_in(m, "held_max_us") == 0 ? "-" : human_micros(count_in(m, "held_max_us")),
               text_in(m, "name")});
    const auto reason = text_in(m, "reason");
    if (!reason.empty()) table.add({"  ! " + reason});
  }
  return table.text();
}

}  // namespace cairn
