#include "cli/takeover_text.h"

#include <fmt/format.h>

#include "cli/json_fields.h"
#include "cli/table.h"

namespace cairn {
namespace {

std::string age_text(const json_value& plan) {
  const auto age = number_in(plan, "age_ms");
  if (!age) return "of unknown age";
  return (plan.at("age_at_least").get<bool>() ? "at least " : "") + human_age(age) + " old";
}

std::string member_table(const json_value& members, bool ran) {
  text_table table;
  table.add({"Member", "Marker at", "Holds up to",
             ran ? "Records set aside" : "Records not included", "Bytes"});
  for (const auto& m : members) {
    const auto bytes = number_in(m, "beyond_bytes");
    table.add({text_in(m, "name"), human_count(count_in(m, "marker_at")),
               human_count(count_in(m, "stored")), human_count(count_in(m, "beyond_records")),
               bytes ? human_bytes(*bytes) : "-"});
  }
  return table.text();
}

}  // namespace

std::string takeover_text(const std::string& operation) {
  const auto o = json_value::parse(operation);
  const auto& plan = o.at("takeover");
  if (plan.is_null()) return text_in(o, "sentence") + "\n";
  const bool ran = text_in(o, "kind") == "takeover";
  const auto why = text_in(plan, "why");
  std::string out = fmt::format("{} marker #{} (epoch {}), {}{}\n",
                                ran ? "Taken over at" : "A takeover would bring the group to",
                                count_in(plan.at("at"), "number"), count_in(plan.at("at"), "epoch"),
                                age_text(plan), why.empty() ? "" : ": " + why);
  out += member_table(plan.at("members"), ran);
  const auto lineage = text_in(plan, "lineage");
  if (ran && !lineage.empty()) out += "New lineage " + lineage + "; hosts may write here now.\n";
  if (ran) out += fmt::format("It took {}.\n", human_age(number_in(o, "ran_ms")));
  return out;
}

}  // namespace cairn
