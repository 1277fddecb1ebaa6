#include <algorithm>
#include <cerrno>

#include "base/invariant.h"
#include "journal/journal_on_disk.h"

namespace cairn {

result<journal_on_disk::cut_plan> journal_on_disk::plan_cut(sequence keep_to) {
  std::map<std::uint64_t, contents> held;
  {
    const std::lock_guard lock(append_mutex_);
    CAIRN_INVARIANT("I7", finished_.reached() == assigned_.value,
                    "a cut while appends are under way");
    held = contents_;
  }
  cut_plan plan;
  std::uint64_t straddling = 0;
  for (const auto& [number, each] : held) {
    if (each.aside) continue;
    if (each.first && each.first <= keep_to && each.last > keep_to) straddling = number;
    if (!each.first) plan.empty.push_back(number);
    if (each.first > keep_to) plan.beyond.push_back(number);
  }
  for (auto next = keep_to.next(); straddling != 0 && !plan.straddling;) {
    const auto some = rows(next, held.at(straddling).last, 256, 1U << 30);
    if (!some) return fail(some.error());
    for (const auto& each : *some)
      if (each.at.segment == straddling && !plan.straddling) plan.straddling = each.at;
    next = some->back().what.seq.next();
  }
  return plan;
}

// Ends what stays, so that a scan can't find what goes.
result<void> journal_on_disk::cut_segments(catalog& c, const cut_plan& plan, bool aside) {
  if (plan.straddling) {
    CAIRN_TRY(c.end_segment(plan.straddling->segment, plan.straddling->position));
    if (aside) CAIRN_TRY(c.keep_segment_aside(plan.straddling->segment));
  }
  for (const auto number : plan.empty) CAIRN_TRY(c.drop_segment(number));
  for (const auto number : plan.beyond)
    CAIRN_TRY(aside ? c.keep_segment_aside(number) : c.drop_segment(number));
  return {};
}

void journal_on_disk::forget_behind(sequence keep_to, const cut_plan& plan, bool aside) {
  book_.cut_behind(keep_to);
  auto freed = plan.empty;
  if (!aside) freed.insert(freed.end(), plan.beyond.begin(), plan.beyond.end());
  {
    const std::lock_guard lock(append_mutex_);
    ++cuts_;
    assigned_ = keep_to;
    finished_ = prefix(keep_to.value);
    durable_ = std::min(durable_, keep_to);
    catalogued_ = saved_watermark_ = keep_to;
    if (durable_ < keep_to) saved_watermark_ = durable_;
    tail_.restart_behind(keep_to);
    open_.reset();
    for (auto& [number, each] : contents_) each.last = std::min(each.last, keep_to);
    if (aside)
      for (const auto number : plan.beyond) contents_[number] = {{}, {}, true};
    if (aside && plan.straddling) contents_[plan.straddling->segment].aside = true;
    for (const auto number : freed) forget_segment_locked(number);
  }
  for (const auto number : freed) space_.retire(number);
}

// A void-range is one record: it stays or goes.
result<void> journal_on_disk::check_between_records(sequence keep_to) {
  if (keep_to <= trimmed()) return {};
  const auto last = rows(keep_to, keep_to, 1, ~std::uint64_t{0});
  if (!last) return fail(last.error());
  if (last->empty() || last->front().what.seq == keep_to) return {};
  return fail(EPROTO, "journal " + directory_ + ": a cut behind " + std::to_string(keep_to.value) +
                          " would split the void-range up to " +
                          std::to_string(last->front().what.seq.value));
}

result<void> journal_on_disk::check_cut(sequence keep_to) {
  const std::string name =
      "journal " + directory_ + ": a cut behind " + std::to_string(keep_to.value);
  if (keep_to > assigned()) return fail(EINVAL, name + " is beyond its end");
  if (keep_to < trimmed()) return fail(EPROTO, name + " would take back trimmed records");
  if (keep_to < state().target_sequence)
    return fail(EPROTO, name + " would take back the applied marker");
  CAIRN_TRY(check_between_records(keep_to));
  const auto held = durable();
  for (const auto& each : book_.from(sequence(1)))
    if (each.seal_at > keep_to && each.seal_at <= held)
      return fail(EPROTO, name + " would take back the sealed marker " +
                              std::to_string(each.body.marker.number.value));
  return {};
}

result<void> journal_on_disk::truncate(sequence keep_to,
                                       const std::vector<incarnation_start>& learned) {
  const std::lock_guard alone(sync_mutex_);
  if (keep_to == assigned()) return learn(learned);
  CAIRN_TRY(check_cut(keep_to));
  CAIRN_TRY(catalog_.with([&](auto& c) -> result<void> {
    CAIRN_TRY(write_all_rows_locked(*c, keep_to));
    const auto plan = plan_cut(keep_to);
    if (!plan) return fail(plan.error());
    const auto watermark = std::min(durable(), keep_to);
    CAIRN_TRY(commit(*c, database::durability::full, [&]() -> result<void> {
      CAIRN_TRY(c->cut_behind(keep_to));
      CAIRN_TRY(cut_segments(*c, *plan, false));
      CAIRN_TRY(c->set_watermark("durable", watermark));
      for (const auto& each : learned) CAIRN_TRY(c->add_start(each));
      return {};
    }));
    forget_behind(keep_to, *plan, false);
    set_starts(learned);
    return {};
  }));
  return space_.collect();
}

result<void> journal_on_disk::learn(const std::vector<incarnation_start>& learned) {
  return catalog_.with([&](auto& c) -> result<void> {
    CAIRN_TRY(commit(*c, database::durability::full, [&]() -> result<void> {
      for (const auto& each : learned) CAIRN_TRY(c->add_start(each));
      return {};
    }));
    set_starts(learned);
    return {};
  });
}

void journal_on_disk::set_starts(const std::vector<incarnation_start>& learned) {
  identity_.with([&](identity& i) {
    for (const auto& each : learned) {
      const auto same = [&](const incarnation_start& s) { return s.number == each.number; };
      std::erase_if(i.starts, same);
      i.starts.push_back(each);
    }
    std::sort(
        i.starts.begin(), i.starts.end(),
        [](const incarnation_start& a, const incarnation_start& b) { return a.number < b.number; });
    if (!i.starts.empty()) space_.set_incarnation(i.starts.back().number);
  });
}

result<void> journal_on_disk::fork(sequence keep_to, const member_state& opened) {
  const std::lock_guard alone(sync_mutex_);
  CAIRN_INVARIANT("I6", keep_to <= durable(), "a takeover at a record that is not durable");
  CAIRN_INVARIANT("I6", keep_to >= state().target_sequence,
                  "a takeover below the marker that was applied");
  CAIRN_INVARIANT("internal", !opened.lineages.empty(), "a takeover without a lineage");
  const incarnation_start start{current().next(), opened.lineages.back().id, keep_to,
                                random_.make_uuid()};
  return catalog_.with([&](auto& c) -> result<void> {
    // `opened` was made of a copy; a newer coordinator may have been answered since.
    if (const auto now = state().selection_epoch; now > opened.selection_epoch)
      return fail(ESTALE, "selection epoch " + std::to_string(opened.selection_epoch.value) +
                              " is over: epoch " + std::to_string(now.value) + " was answered");
    // The rows that are set aside must be known, too.
    CAIRN_TRY(write_all_rows_locked(*c, assigned()));
    const auto plan = plan_cut(keep_to);
    if (!plan) return fail(plan.error());
    CAIRN_TRY(commit(*c, database::durability::full, [&]() -> result<void> {
      CAIRN_TRY(c->set_aside_behind(keep_to, start.in_lineage));
      CAIRN_TRY(cut_segments(*c, *plan, true));
      CAIRN_TRY(c->set_watermark("durable", keep_to));
      CAIRN_TRY(c->add_start(start));
      CAIRN_TRY(c->note_start(start.id));
      return c->save_state(opened);
    }));
    forget_behind(keep_to, *plan, true);
    set_starts({start});
    identity_.with([&](identity& i) {
      i.state = opened;
      i.start = start.id;
    });
    return {};
  });
}

}  // namespace cairn
