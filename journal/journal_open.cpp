#include <cerrno>

#include "base/invariant.h"
#include "base/journal_bounds.h"
#include "base/log.h"
#include "journal/journal_on_disk.h"

namespace cairn {
namespace {

// What is known of a volume stays, but for its size, which may grow, and for a secondary's that has
// had no id: it takes its primary's.
bool contradicts(const volume_identity& known, volume_identity now) {
  if (known.name != now.name) return now.index != 0 && known.index == now.index;
  if (now.size_bytes < known.size_bytes) return true;
  now.size_bytes = known.size_bytes;
  if (!known.id.is_nil()) return known != now;
  return known.born_empty != now.born_empty;
}

result<void> check(const journal_options& options) {
  static_assert(segment_step_bytes == sync_block_bytes);
  const auto segment = check_segment_bytes(options.segment_bytes);
  const auto size = check_journal_bytes(options.size_max, options.segment_bytes);
  if (segment && size) return {};
  return fail(EINVAL,
              "journal " + options.directory + ": " + (segment ? size : segment).error().text);
}

}  // namespace

result<std::unique_ptr<journal>> journal::open(disk& on, const journal_options& options,
                                               random_source& random, recovery_report* report) {
  CAIRN_TRY(check(options));
  CAIRN_TRY(on.make_directory(options.directory));
  auto lock = on.open(options.directory + "/lock", open_mode::create, true, options.lock_wait_ms);
  if (!lock) return fail(lock.error());
  const auto path = options.directory + "/catalog.db";
  auto writer = catalog::open(on, path);
  if (!writer) return fail(writer.error());
  CAIRN_TRY(on.sync_directory(options.directory));
  auto found = recovery(on, options, random, **writer).run();
  if (!found) return fail(found.error());
  auto reader = catalog_reader::open(on, path);
  if (!reader) return fail(reader.error());
  auto opened = std::make_unique<journal_on_disk>(on, options, random, std::move(*lock),
                                                  std::move(*writer), std::move(*reader), *found);
  CAIRN_TRY(opened->prepare_first_segment());
  if (report != nullptr) *report = found->report;
  return opened;
}

journal_on_disk::journal_on_disk(disk& on, const journal_options& options, random_source& random,
                                 std::unique_ptr<file> lock, std::unique_ptr<catalog> writer,
                                 std::unique_ptr<catalog_reader> reader, const recovered& from)
    : directory_(options.directory),
      about_{options.group, options.member, {}},
      id_(from.journal),
      random_(random),
      lock_(std::move(lock)),
      catalog_(std::move(writer)),
      reader_(std::move(reader)),
      identity_(identity{from.volumes, from.state, from.starts, from.start}),
      space_(on, options.directory + "/segments", from.journal,
             {options.segment_bytes, options.size_max, about_}, random,
             {[this](std::span<const segment_ptr> made) { return add_segment_rows(made); },
              [this](std::uint64_t number) { return drop_segment_row(number); },
              [this](const std::string& why) { fail_journal(why); }}),
      bytes_max_(options.size_max),
      assigned_(from.last),
      finished_(from.last.value),
      durable_(from.last),
      catalogued_(from.last),
      saved_watermark_(from.last),
      backed_(from.watermarks.backed),
      trimmed_(from.watermarks.trimmed),
      peer_stored_(from.watermarks.peer_stored.value) {
  tail_.restart_behind(from.last);
  book_.load(from.markers);
  for (const auto& each : from.in_use) {
    contents_[each->head.number] = {};
    space_.adopt(each);
  }
  for (const auto& span : from.survey.spans)
    contents_[span.segment] = {span.first, span.last, false};
  for (const auto number : from.aside) contents_[number].aside = true;
  for (const auto& name : from.free_files) space_.add_free(name);
  space_.start_numbers_at(from.next_segment);
  if (!from.starts.empty()) space_.set_incarnation(from.starts.back().number);
}

result<void> journal_on_disk::prepare_first_segment() {
  catalog_.with([this](auto& c) { note_catalog_bytes(*c); });
  auto made = space_.prepare(append_purpose::start);
  if (made || made.error().is != error_class::no_space) return made;
  // What is there can still be read, shipped and trimmed.
  log_warning("journal " + directory_ + ": no room for a segment: " + made.error().text,
              log_event::journal_full, about_);
  return {};
}

result<void> journal_on_disk::add_segment_rows(std::span<const segment_ptr> made) {
  return catalog_.with([&](auto& c) {
    return commit(*c, database::durability::full, [&]() -> result<void> {
      for (const auto& each : made) CAIRN_TRY(c->add_segment({each->head, each->name, {}, false}));
      return {};
    });
  });
}

result<void> journal_on_disk::drop_segment_row(std::uint64_t number) {
  return catalog_.with([&](auto& c) {
    return commit(*c, database::durability::full, [&] { return c->drop_segment(number); });
  });
}

void journal_on_disk::note_catalog_bytes(catalog& c) {
  catalog_bytes_ = c.file_bytes();
  space_.set_catalog_bytes(catalog_bytes_);
}

uuid journal_on_disk::start_id() const {
  return identity_.with([](const identity& i) { return i.start; });
}
std::vector<volume_identity> journal_on_disk::volumes() const {
  return identity_.with([](const identity& i) { return i.volumes; });
}
member_state journal_on_disk::state() const {
  return identity_.with([](const identity& i) { return i.state; });
}
std::vector<incarnation_start> journal_on_disk::starts() const {
  return identity_.with([](const identity& i) { return i.starts; });
}
incarnation journal_on_disk::current() const {
  return identity_.with(
      [](const identity& i) { return i.starts.empty() ? incarnation() : i.starts.back().number; });
}

result<void> journal_on_disk::save_volumes(const std::vector<volume_identity>& all) {
  const auto known = volumes();
  for (const auto& each : all)
    for (const auto& other : known)
      if (contradicts(other, each))
        return fail(EINVAL, "journal " + directory_ + ": volume " + each.name +
                                " is not the one that it was made with");
  return catalog_.with([&](auto& c) -> result<void> {
    CAIRN_TRY(commit(*c, database::durability::full, [&]() -> result<void> {
      for (const auto& each : all) CAIRN_TRY(c->save_volume(each));
      return {};
    }));
    auto saved = c->volumes();
    if (!saved) return fail(saved.error());
    identity_.with([&](identity& i) { i.volumes = std::move(*saved); });
    return {};
  });
}

result<void> journal_on_disk::update_state(
    const std::function<result<void>(member_state&)>& change) {
  return catalog_.with([&](auto& c) -> result<void> {
    const auto before = state();
    auto after = before;
    CAIRN_TRY(change(after));
    if (after == before) return {};
    if (after.target_sequence != before.target_sequence) {
      const auto held = durable();
      CAIRN_INVARIANT("I6", after.target_sequence <= held,
                      "the target " + std::to_string(after.target_sequence.value) +
                          " is not durable, " + std::to_string(held.value) + " is");
    }
    CAIRN_TRY(commit(*c, database::durability::full, [&] { return c->save_state(after); }));
    identity_.with([&](identity& i) { i.state = std::move(after); });
    return {};
  });
}

void journal_on_disk::fail_journal(const std::string& why) const {
  {
    const std::lock_guard lock(failure_mutex_);
    if (failed_) return;
    failure_text_ = why;
    failed_ = true;
  }
  log_error("journal " + directory_ + " has failed: " + why, log_event::journal_failed, about_);
  const std::lock_guard lock(append_mutex_);
  advanced_.notify_all();
}

std::optional<std::string> journal_on_disk::failure() const {
  if (!failed_) return std::nullopt;
  const std::lock_guard lock(failure_mutex_);
  return failure_text_;
}

}  // namespace cairn
