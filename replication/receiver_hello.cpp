// HELLO: is this the primary of this member, and can its journal go on behind what is here?
#include <algorithm>
#include <set>

#include "replication/receiver.h"

namespace cairn {
namespace {

using refused = std::optional<refusal>;

refused refuse(refusal_code code, std::string reason) {
  return refusal{code, std::move(reason), {}};
}

std::string text(sequence s) { return std::to_string(s.value); }
std::string text(incarnation i) { return std::to_string(i.value); }

refused check_version(const hello& theirs) {
  if (theirs.version_min <= link_version && link_version <= theirs.version_max) return {};
  return refuse(refusal_code::version, "this side speaks version " + std::to_string(link_version) +
                                           " of the link, the primary " +
                                           std::to_string(theirs.version_min) + " to " +
                                           std::to_string(theirs.version_max));
}

refused check_name(const hello& theirs, const receiver_state& ours) {
  if (theirs.group == ours.group && theirs.member == ours.member) return {};
  return refuse(refusal_code::wrong_group_or_member, "this is member " + ours.member +
                                                         " of group " + ours.group + ", not " +
                                                         theirs.member + " of " + theirs.group);
}

// I8: whoever has not heard of our takeover is told, and fences itself.
refused check_lineage(const hello& theirs, const receiver_state& ours) {
  if (is_newer(ours.lineages, theirs.lineages)) {
    refusal no{refusal_code::old_lineage,
               "member " + ours.member + " was taken over at the other site: lineage " +
                   ours.lineages.back().id.text() + " forked behind record " +
                   text(ours.lineages.back().fork),
               ours.lineages};
    return no;
  }
  if (ours.role != member_role::secondary)
    return refuse(refusal_code::unknown_lineage,
                  "member " + ours.member + " is " + name_of(ours.role) + " here");
  if (theirs.lineages != ours.lineages && !is_newer(theirs.lineages, ours.lineages))
    return refuse(refusal_code::unknown_lineage,
                  "the lineages of member " + ours.member + " at both sites diverged");
  return {};
}

bool indexes_in_order(const std::vector<volume_offer>& offers) {
  std::set<std::uint32_t> seen;
  for (const volume_offer& v : offers)
    if (v.index < 1 || v.index > offers.size() || !seen.insert(v.index).second) return false;
  return true;
}

refused check_volume(const volume_offer& mine, const volume_offer& theirs) {
  // A larger one holds all that the primary's can have: so this side is made larger first.
  if (theirs.size_bytes > mine.size_bytes)
    return refuse(refusal_code::wrong_volumes,
                  "volume " + mine.name + " has " + std::to_string(mine.size_bytes) +
                      " bytes here and " + std::to_string(theirs.size_bytes) +
                      " at the primary: it has to be made larger here, too");
  if (mine.id.is_nil() && !(mine.born_empty && theirs.born_empty))
    return refuse(refusal_code::wrong_volumes, "initial copy is not available yet: volume " +
                                                   mine.name + " was not born empty on both sides");
  if (!mine.id.is_nil() && (mine.id != theirs.id || mine.index != theirs.index))
    return refuse(refusal_code::wrong_volumes, "volume " + mine.name + " is " + mine.id.text() +
                                                   " here and " + theirs.id.text() +
                                                   " at the primary");
  return {};
}

refused check_volumes(const hello& theirs, const receiver_state& ours) {
  if (theirs.volumes.size() != ours.volumes.size())
    return refuse(refusal_code::wrong_volumes,
                  "the primary has " + std::to_string(theirs.volumes.size()) +
                      " volumes, this side " + std::to_string(ours.volumes.size()));
  if (!indexes_in_order(theirs.volumes))
    return refuse(refusal_code::protocol, "HELLO: the volumes are not numbered from 1");
  for (const volume_offer& mine : ours.volumes) {
    const auto same = std::ranges::find(theirs.volumes, mine.name, &volume_offer::name);
    if (same == theirs.volumes.end())
      return refuse(refusal_code::wrong_volumes, "the primary has no volume named " + mine.name);
    if (auto no = check_volume(mine, *same)) return no;
  }
  return {};
}

refused check_starts(const hello& theirs) {
  incarnation before;
  for (const incarnation_start& s : theirs.starts) {
    if (s.number <= before)
      return refuse(refusal_code::protocol, "HELLO: the starts do not ascend");
    before = s.number;
  }
  if (!before) return refuse(refusal_code::protocol, "HELLO: names no start of the journal");
  return {};
}

incarnation newest(const std::vector<incarnation_start>& starts) {
  return starts.empty() ? incarnation() : starts.back().number;
}

// Everything that is known here must be the primary's history, too: numbers of a higher start
// alone do not make it the same journal.
refused check_history(const hello& theirs, const receiver_state& ours) {
  const incarnation known = newest(ours.starts);
  if (newest(theirs.starts) < known)
    return refuse(refusal_code::old_incarnation,
                  "the primary says it is start " + text(newest(theirs.starts)) + ", but start " +
                      text(known) + " was met: an older copy of it may be running");
  for (const incarnation_start& s : ours.starts)
    if (std::ranges::find(theirs.starts, s) == theirs.starts.end())
      return refuse(refusal_code::unknown_lineage,
                    "start " + text(s.number) +
                        " of the primary is not the one known here: their histories diverged");
  return {};
}

// Never below what was reported as sealed or chosen as target (I6). A correct primary does not ask
// for it: seals are shipped when they are durable.
refused check_cut(sequence keep_to, const hello& theirs, const receiver_state& ours) {
  if (keep_to < ours.never_below)
    return refuse(refusal_code::unknown_lineage,
                  "the primary kept only " + text(keep_to) + " records of what was sealed up to " +
                      text(ours.never_below) + ": their histories diverged");
  if (theirs.oldest_held > keep_to.next())
    return refuse(refusal_code::needs_copy,
                  "the primary holds records from " + text(theirs.oldest_held) +
                      ", but this side ends at " + text(keep_to) +
                      ": it must be copied, and initial copy is not available yet");
  return {};
}

bool any_unadopted(const std::vector<volume_offer>& volumes) {
  return std::ranges::any_of(volumes, [](const volume_offer& v) { return v.id.is_nil(); });
}

}  // namespace

sequence truncation_point(const std::vector<incarnation_start>& theirs, incarnation newest_known,
                          sequence last) {
  sequence lowest = last;
  for (const incarnation_start& s : theirs)
    if (s.number > newest_known) lowest = std::min(lowest, s.kept_to);
  return lowest;
}

hello_verdict judge_hello(const hello& theirs, const receiver_state& ours) {
  if (auto no = check_version(theirs)) return *no;
  if (auto no = check_name(theirs, ours)) return *no;
  if (auto no = check_lineage(theirs, ours)) return *no;
  if (auto no = check_volumes(theirs, ours)) return *no;
  if (auto no = check_starts(theirs)) return *no;
  if (auto no = check_history(theirs, ours)) return *no;
  hello_accepted yes;
  yes.keep_to = truncation_point(theirs.starts, newest(ours.starts), ours.last);
  if (auto no = check_cut(yes.keep_to, theirs, ours)) return *no;
  yes.adopt_volumes = any_unadopted(ours.volumes);
  yes.learn_lineages = theirs.lineages != ours.lineages;
  yes.learn_starts = newest(theirs.starts) > newest(ours.starts);
  return yes;
}

}  // namespace cairn
