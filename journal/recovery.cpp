#include "journal/recovery.h"

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/log.h"

namespace cairn {
namespace {

std::string text(sequence n) { return std::to_string(n.value); }

row gap_row(sequence at, incarnation made_in) {
  row r;
  r.what.kind = record_kind::gap;
  r.what.seq = at;
  r.what.made_in = made_in;
  return r;
}

std::uint64_t end_of(const row& r) { return r.at.position + stored_bytes(r.what.data_length); }

}  // namespace

result<recovered> recovery::run() {
  auto identity = catalog_.identity();
  if (!identity) return fail(identity.error());
  // Everything that a newer Cairn may have made is refused before anything is written.
  CAIRN_TRY(on_.make_directory(segments_path()));
  CAIRN_TRY(check_segment_formats(on_, options_.directory));
  if (!*identity) {
    CAIRN_TRY(make_journal());
    identity = catalog_.identity();
    if (!identity) return fail(identity.error());
  }
  const auto& known = **identity;
  if (known.group != options_.group || known.member != options_.member)
    return fail(EINVAL, "journal " + options_.directory + " belongs to member " + known.member +
                            " of group " + known.group + ", not to " + options_.member + " of " +
                            options_.group);
  CAIRN_TRY(catalog_.migrate(known.format));
  out_.journal = known.journal;
  CAIRN_TRY(load());
  CAIRN_TRY(open_segments());
  CAIRN_TRY(sort_files());
  CAIRN_TRY(check_rows());
  CAIRN_TRY(verify_pending());
  CAIRN_TRY(scan());
  CAIRN_TRY(check_damage());
  if (keeps_to_holes())
    fill_holes();
  else
    cut_at_hole();
  settle();
  for (const auto& name : unusable_) CAIRN_TRY(on_.remove(segments_path() + "/" + name));
  CAIRN_TRY(sync_scanned());
  CAIRN_TRY(commit());
  CAIRN_TRY(reload());
  return std::move(out_);
}

result<void> recovery::make_journal() {
  const auto there = on_.list(segments_path());
  if (!there) return fail(there.error());
  if (!there->empty())
    return fail(EEXIST, "journal " + options_.directory + " has " + std::to_string(there->size()) +
                            " segment files, but its catalog is empty: was catalog.db lost?");
  // Again at each start until the journal is there: a kill may have come before the first.
  CAIRN_TRY(on_.sync_directory(directory_of(options_.directory)));
  member_state state;
  state.role = options_.first_role;
  if (state.role == member_role::primary) state.lineages.push_back({random_.make_uuid(), {}, {}});
  const catalog_identity identity{0, random_.make_uuid(), options_.group, options_.member};
  out_.report.made_new = true;
  return catalog_.commit(database::durability::full, [&]() -> result<void> {
    CAIRN_TRY(catalog_.make_tables(identity));
    return catalog_.save_state(state);
  });
}

result<void> recovery::load() {
  auto marks = catalog_.watermarks();
  if (!marks) return fail(marks.error());
  auto starts = catalog_.starts();
  if (!starts) return fail(starts.error());
  auto state = catalog_.state();
  if (!state) return fail(state.error());
  auto volumes = catalog_.volumes();
  if (!volumes) return fail(volumes.error());
  out_.watermarks = *marks;
  out_.starts = std::move(*starts);
  out_.state = std::move(*state);
  out_.volumes = std::move(*volumes);
  auto markers = catalog_.markers();
  if (!markers) return fail(markers.error());
  book_.load(*markers);
  book_.cut_behind(marks->durable);
  vouched_ = marks->durable;
  if (marks->trimmed <= marks->backed && marks->backed <= marks->durable) return {};
  return fail(EBADMSG, options_.directory + "/catalog.db is damaged: trimmed " +
                           text(marks->trimmed) + ", backed " + text(marks->backed) + ", durable " +
                           text(marks->durable) + " are out of order");
}

bool recovery::keeps_to_holes() const {
  return out_.state.role != member_role::secondary && out_.state.role != member_role::promoting;
}

result<void> recovery::check_rows() {
  const auto& marks = out_.watermarks;
  CAIRN_TRY(catalog_.survey({}, marks.durable, out_.survey));
  const auto sequences = out_.survey.sequences;
  if (sequences != marks.durable.value - marks.trimmed.value)
    return fail(EBADMSG, options_.directory + "/catalog.db is damaged: " +
                             std::to_string(sequences) + " records have rows of those from " +
                             text(marks.trimmed.next()) + " to " + text(marks.durable));
  for (const auto& span : out_.survey.spans) {
    const auto same = [&](const known_segment& s) { return s.row.head.number == span.segment; };
    if (std::any_of(known_.begin(), known_.end(), same)) continue;
    return fail(EBADMSG, options_.directory + "/catalog.db is damaged: records " +
                             text(span.first) + " to " + text(span.last) + " lie in segment " +
                             std::to_string(span.segment) + ", which it does not list");
  }
  return {};
}

result<void> recovery::open_segments() {
  auto rows = catalog_.segments();
  if (!rows) return fail(rows.error());
  for (auto& each : *rows) {
    const auto path = segments_path() + "/" + each.file;
    auto store = on_.open(path, open_mode::existing);
    if (!store) return fail(store.error());
    bytes block(segment_header_bytes);
    CAIRN_TRY((*store)->read(block, 0));
    const auto head = decode_segment_header(block);
    each.head.journal = out_.journal;
    if (!head || *head != each.head)
      return fail(EBADMSG, "segment " + std::to_string(each.head.number) + " in " + path +
                               " is damaged: its header block is not the one in the catalog");
    auto open = std::make_shared<segment>();
    open->head = *head;
    open->name = each.file;
    open->store = std::move(*store);
    out_.next_segment = std::max(out_.next_segment, head->number + 1);
    known_.push_back({each, std::move(open)});
  }
  return {};
}

result<void> recovery::sort_files() {
  const auto names = on_.list(segments_path());
  if (!names) return fail(names.error());
  for (const auto& name : *names) {
    const auto same = [&](const known_segment& s) { return s.row.file == name; };
    if (name.ends_with(".seg") && std::none_of(known_.begin(), known_.end(), same))
      CAIRN_TRY(judge_free_file(name));
  }
  // The last is taken first: rather one that was written throughout than one of fresh blocks.
  std::ranges::stable_sort(free_, {}, &free_file::written);
  for (auto& each : free_) out_.free_files.push_back(std::move(each.name));
  return {};
}

result<void> recovery::judge_free_file(const std::string& name) {
  const auto path = segments_path() + "/" + name;
  std::optional<segment_header> head;
  bool usable = false;
  {
    const auto store = on_.open(path, open_mode::existing);
    if (!store) return fail(store.error());
    const auto size = (*store)->size();
    if (!size) return fail(size.error());
    usable = *size == options_.segment_bytes;
    if (usable) {
      bytes block(segment_header_bytes);
      CAIRN_TRY((*store)->read(block, 0));
      head = decode_segment_header(block);
      free_.push_back({name, (*store)->written_bytes()});
    }
  }
  if (!usable) {
    unusable_.push_back(name);
    return {};
  }
  const auto newest = out_.starts.empty() ? incarnation() : out_.starts.back().number;
  if (!head || head->journal != out_.journal) return {};
  out_.next_segment = std::max(out_.next_segment, head->number + 1);
  if (head->made_in > newest)
    return fail(ESTALE, "journal " + options_.directory + ": " + name + " is of incarnation " +
                            std::to_string(head->made_in.value) + ", the catalog knows " +
                            std::to_string(newest.value) +
                            " as the newest: was catalog.db put back from a backup?");
  return {};
}

result<void> recovery::verify_pending() {
  // What is not backed yet is what will be read and destaged: it must be as it was made durable.
  constexpr std::size_t at_once = 4096;
  std::map<std::uint64_t, segment_ptr> open;
  for (const auto& known : known_) open[known.row.head.number] = known.open;
  raw_bytes whole;
  for (auto next = out_.watermarks.backed.next(); next <= out_.watermarks.durable;) {
    const auto rows = catalog_.rows(next, out_.watermarks.durable, at_once);
    if (!rows) return fail(rows.error());
    for (std::span<const row> left(*rows); !left.empty();) {
      const auto run = left.first(run_length(left));
      left = left.subspan(run.size());
      whole.clear();
      if (run.front().at.segment != 0)
        CAIRN_TRY(read_run(*open.at(run.front().at.segment), run, whole));
    }
    if (rows->empty()) break;
    next = rows->back().what.seq.next();
  }
  return {};
}

result<std::vector<scan_range>> recovery::ranges_to_scan() {
  // Positions grow with sequences: nothing untrusted lies before the last trusted record.
  const auto last = catalog_.last_placed(out_.watermarks.durable);
  if (!last) return fail(last.error());
  std::vector<scan_range> ranges;
  for (const auto& each : known_) {
    const auto number = each.row.head.number;
    if (each.row.aside || (*last && number < (*last)->at.segment)) continue;
    const bool shared = *last && number == (*last)->at.segment;
    ranges.push_back({each.open, shared ? end_of(**last) : segment_header_bytes,
                      each.row.end.value_or(each.row.head.bytes)});
  }
  return ranges;
}

result<void> recovery::scan() {
  auto ranges = ranges_to_scan();
  if (!ranges) return fail(ranges.error());
  scanned_ = std::move(*ranges);
  scan_rules rules{out_.watermarks.durable, {}};
  for (const auto& range : scanned_) {
    // What a failed fsync did not write must not be found in memory and called durable.
    range.in->store->forget_cached({range.from, range.end - range.from});
    if (keeps_to_holes()) rules.made_in = range.in->head.made_in;
    CAIRN_TRY(scan_segment(range, rules, found_));
    if (!found_.empty()) rules.above = found_.back().what.what.seq;
  }
  for (const auto& each : found_) vouched_ = std::max(vouched_, each.what.what.durable_then);
  out_.report.records_scanned = found_.size();
  return {};
}

result<void> recovery::check_damage() const {
  auto expected = out_.watermarks.durable.next();
  record_place before;
  for (const auto& each : found_) {
    if (first_of(each.what.what) != expected) break;
    expected = each.what.what.seq.next();
    before = each.what.at;
  }
  if (expected > vouched_) return {};
  for (const auto& range : scanned_)
    if (range.in->head.number >= before.segment)
      return fail(EBADMSG, "record " + text(expected) + " is damaged: it was durable, but " +
                               range.in->store->path() + " does not hold it behind " +
                               std::to_string(std::max(before.position, range.from)));
  return fail(EBADMSG, "record " + text(expected) +
                           " is damaged: it was durable, but no segment of " + options_.directory +
                           " holds it");
}

void recovery::fill_holes() {
  const auto newest = out_.starts.empty() ? incarnation() : out_.starts.back().number;
  const auto of = out_.state.role == member_role::primary ? newest.next() : newest;
  auto expected = out_.watermarks.durable.next();
  const auto make_gap = [&] {
    kept_.push_back(gap_row(expected, of));
    out_.report.gaps.push_back(expected);
    if (!first_hole_) first_hole_ = expected;
    expected = expected.next();
  };
  for (const auto& each : found_) {
    while (expected < first_of(each.what.what)) make_gap();
    // A seal above a hole was never durable, so it was never shipped: it proves nothing.
    if (first_hole_ && each.what.what.kind == record_kind::seal) {
      make_gap();
      continue;
    }
    kept_.push_back(each.what);
    if (each.marker) book_.enter(each.what.what, *each.marker);
    expected = each.what.what.seq.next();
  }
}

void recovery::cut_at_hole() {
  auto expected = out_.watermarks.durable.next();
  for (const auto& each : found_) {
    if (first_of(each.what.what) != expected) break;
    kept_.push_back(each.what);
    if (each.marker) book_.enter(each.what.what, *each.marker);
    expected = each.what.what.seq.next();
  }
}

void recovery::settle() {
  out_.start = random_.make_uuid();
  out_.last = kept_.empty() ? out_.watermarks.durable : kept_.back().what.seq;
  out_.report.durable_watermark = out_.watermarks.durable;
  out_.report.last_found = found_.empty() ? out_.watermarks.durable : found_.back().what.what.seq;
  out_.report.cut_to = out_.last;
  if (out_.state.role != member_role::primary) return;
  const auto number = out_.starts.empty() ? incarnation(1) : out_.starts.back().number.next();
  const auto kept_to = first_hole_ ? first_hole_->previous() : out_.last;
  made_start_ = incarnation_start{number, out_.state.lineages.back().id, kept_to, out_.start};
}

result<void> recovery::sync_scanned() {
  // After a kill the records may be in the page cache only.
  for (const auto& range : scanned_) CAIRN_TRY(range.in->store->sync());
  return {};
}

result<void> recovery::commit() {
  return catalog_.commit(database::durability::full, [&]() -> result<void> {
    CAIRN_TRY(catalog_.cut_behind(out_.watermarks.durable));
    CAIRN_TRY(catalog_.insert_rows(kept_));
    CAIRN_TRY(catalog_.save_markers(book_.take_changed()));
    CAIRN_TRY(catalog_.set_watermark("durable", out_.last));
    CAIRN_TRY(catalog_.note_start(out_.start));
    if (made_start_) CAIRN_TRY(catalog_.add_start(*made_start_));
    return close_segments();
  });
}

result<void> recovery::close_segments() {
  for (const auto& range : scanned_) {
    const auto number = range.in->head.number;
    auto end = range.from;
    for (const auto& each : kept_)
      if (each.at.segment == number) end = end_of(each);
    if (end == segment_header_bytes)
      CAIRN_TRY(catalog_.drop_segment(number));
    else
      CAIRN_TRY(catalog_.end_segment(number, end));
  }
  return {};
}

result<void> recovery::reload() {
  auto rows = catalog_.segments();
  if (!rows) return fail(rows.error());
  for (auto& each : known_) {
    const auto same = [&](const catalog_segment& s) {
      return s.head.number == each.row.head.number;
    };
    if (std::any_of(rows->begin(), rows->end(), same)) {
      out_.in_use.push_back(std::move(each.open));
      if (each.row.aside) out_.aside.push_back(each.row.head.number);
    } else if (each.row.head.bytes == options_.segment_bytes) {
      out_.free_files.push_back(each.row.file);
    } else {
      CAIRN_TRY(on_.remove(segments_path() + "/" + each.row.file));
    }
  }
  const sequence surveyed = out_.watermarks.durable;
  CAIRN_TRY(catalog_.survey(surveyed.next(), out_.last, out_.survey));
  out_.report.held = out_.survey.held;
  auto markers = catalog_.markers();
  if (!markers) return fail(markers.error());
  out_.markers = std::move(*markers);
  out_.watermarks.durable = out_.last;
  if (made_start_) out_.starts.push_back(*made_start_);
  for (const auto& each : out_.markers)
    if (!each.shown.seal_at && !each.shown.voided) out_.report.unsealed.push_back(each.shown.body);
  return {};
}

}  // namespace cairn
