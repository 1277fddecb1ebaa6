// The rule of selection: answers in, marker out.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/invariant.h"
#include "replication/selection.h"

namespace cairn {
namespace {

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

const stored_marker* entry_of(const reported& answer, marker_id marker) {
  const auto at = std::ranges::find(answer.markers, marker, &stored_marker::marker);
  return at == answer.markers.end() ? nullptr : &*at;
}

// A started APPLY is finished before anything else: nobody can go back below it.
marker_id highest_target(const std::vector<reported>& answers) {
  marker_id highest;
  for (const reported& a : answers) highest = std::max(highest, a.target);
  return highest;
}

// A forgotten member would make a silent, inconsistent takeover.
result<void> made_for_these_members(const selection_settings& settings,
                                    const std::vector<reported>& answers, marker_id at) {
  const std::uint64_t members = hash_of_members(settings.members);
  const std::uint64_t group = hash_of_group(settings.group);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const stored_marker* entry = entry_of(answers[i], at);
    if (!entry) continue;
    if (entry->group_hash != group)
      return fail(EPERM,
                  fmt::format("marker {} at {} was made for another group (hash {:016x}) than "
                              "\"{}\" (hash {:016x})",
                              at.number.value, settings.members[i], entry->group_hash,
                              settings.group, group));
    if (entry->members_hash != members)
      return fail(EPERM,
                  fmt::format("marker {} at {} was made for another set of members (hash {:016x}) "
                              "than this coordinator's, {} (hash {:016x})",
                              at.number.value, settings.members[i], entry->members_hash,
                              joined(settings.members), members));
  }
  return {};
}

bool shown_by_any(const std::vector<reported>& answers, marker_id at) {
  return std::ranges::any_of(answers, [&](const reported& a) { return entry_of(a, at); });
}

result<std::optional<promotion>> promoted_already(const selection_settings& settings,
                                                  const std::vector<reported>& answers) {
  std::optional<promotion> found;
  std::string by;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& p = answers[i].promoted;
    if (!p) continue;
    if (found && (found->at != p->at || found->opened != p->opened))
      return fail(EPERM,
                  fmt::format("{} was promoted at marker {} and {} at marker {}, in different "
                              "takeovers",
                              by, found->at.number.value, settings.members[i], p->at.number.value));
    found = p;
    by = settings.members[i];
  }
  return found;
}

std::string lacking(const selection_settings& settings, const std::vector<reported>& answers,
                    marker_number named) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < answers.size(); ++i)
    if (std::ranges::none_of(answers[i].markers,
                             [&](const auto& m) { return m.marker.number == named; }))
      names.push_back(settings.members[i]);
  return names.empty() ? "their epochs differ" : "not by " + joined(names);
}

result<selection_choice> choose_named(const selection_settings& settings,
                                      const std::vector<reported>& answers,
                                      const std::vector<marker_id>& common, marker_id target,
                                      marker_number named) {
  if (named == target.number) return selection_choice{target, "the marker named", {}};
  if (named < target.number)
    return fail(EPERM, fmt::format("marker {} is older than marker {}, which the secondaries have "
                                   "applied or begun to apply",
                                   named.value, target.number.value));
  const auto at = std::ranges::find(common, named, &marker_id::number);
  if (at == common.end())
    return fail(ENOENT, fmt::format("marker {} is not held, sealed, by every secondary: {}",
                                    named.value, lacking(settings, answers, named)));
  return selection_choice{*at, "the marker named", {}};
}

result<selection_choice> choose_newest(const std::vector<marker_id>& common, marker_id target) {
  if (!common.empty() && common.back() >= target)
    return selection_choice{common.back(), "the newest common marker", {}};
  if (target) return selection_choice{target, "the marker that was begun to be applied", {}};
  return fail(ENOENT, "no marker is held, sealed, by every secondary yet");
}

}  // namespace

std::vector<marker_id> common_markers(const std::vector<reported>& answers) {
  std::vector<marker_id> common;
  if (answers.empty()) return common;
  for (const stored_marker& m : answers.front().markers)
    if (std::ranges::all_of(answers, [&](const reported& a) { return entry_of(a, m.marker); }))
      common.push_back(m.marker);
  std::ranges::sort(common);
  return common;
}

void check_common(const std::vector<reported>& answers, marker_id chosen) {
  if (std::ranges::any_of(answers, [&](const reported& a) { return a.target == chosen; })) return;
  for (const reported& a : answers)
    CAIRN_INVARIANT("I4", entry_of(a, chosen) != nullptr,
                    "marker " + std::to_string(chosen.number.value) + " is not sealed everywhere");
}

result<selection_choice> choose(const selection_settings& settings,
                                const std::vector<reported>& answers,
                                std::optional<marker_number> named) {
  auto promoted = promoted_already(settings, answers);
  if (!promoted) return fail(std::move(promoted).error());
  if (const auto& p = *promoted) {
    if (named && *named != p->at.number)
      return fail(EPERM,
                  fmt::format("the group was promoted at marker {} already", p->at.number.value));
    CAIRN_TRY(made_for_these_members(settings, answers, p->at));
    return selection_choice{p->at, "the marker of the takeover that was begun", p->opened};
  }
  const marker_id target = highest_target(answers);
  const auto common = common_markers(answers);
  auto choice = named ? choose_named(settings, answers, common, target, *named)
                      : choose_newest(common, target);
  if (!choice) return choice;
  if (!shown_by_any(answers, choice->at))
    return fail(EPERM, fmt::format("no secondary can show for which members marker {} was made",
                                   choice->at.number.value));
  CAIRN_TRY(made_for_these_members(settings, answers, choice->at));
  check_common(answers, choice->at);
  return choice;
}

}  // namespace cairn
