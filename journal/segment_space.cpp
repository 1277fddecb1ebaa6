#include "journal/segment_space.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "base/log.h"

namespace cairn {
namespace {

constexpr std::uint64_t ready_max = 8;
constexpr std::size_t made_at_once_max = 4;  // one commit for all; the first of them is waited for

std::uint64_t spare_segments(append_purpose purpose) {
  switch (purpose) {
    case append_purpose::data:
      return 2;
    case append_purpose::marker:
      return 1;
    case append_purpose::outcome:
    case append_purpose::start:
      return 0;
  }
  return 0;
}

}  // namespace

segment_space::segment_space(disk& on, std::string directory, uuid journal, segment_bounds bounds,
                             random_source& random, owner_hooks owner)
    : on_(on),
      directory_(std::move(directory)),
      journal_(journal),
      bounds_(bounds),
      random_(random),
      owner_(std::move(owner)) {}

void segment_space::adopt(segment_ptr in_use) {
  const std::lock_guard lock(mutex_);
  const auto number = in_use->head.number;
  in_use_.emplace(number, std::move(in_use));
  look_at_room_locked();
}

void segment_space::add_free(std::string name) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(name));
}

segment_ptr segment_space::find(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto found = in_use_.find(number);
  return found == in_use_.end() ? nullptr : found->second;
}

void segment_space::set_stale_apart_locked() {
  while (!ready_.empty() && ready_.front()->head.made_in.value != incarnation_) {
    stale_.push_back(std::move(ready_.front()));
    ready_.pop_front();
  }
  note_ready_locked();
}

segment_ptr segment_space::take_ready() {
  const std::lock_guard lock(mutex_);
  set_stale_apart_locked();
  if (ready_.empty()) return nullptr;
  auto first = std::move(ready_.front());
  ready_.pop_front();
  note_ready_locked();
  return first;
}

segment_ptr segment_space::next_ready() const {
  const std::lock_guard lock(mutex_);
  return ready_.empty() ? nullptr : ready_.front();
}

std::size_t segment_space::count_ready() {
  const std::lock_guard lock(mutex_);
  set_stale_apart_locked();
  return ready_.size();
}

result<void> segment_space::take_back_stale() {
  std::vector<segment_ptr> stale;
  {
    const std::lock_guard lock(mutex_);
    stale = stale_;
  }
  for (auto& each : stale) {
    const auto number = each->head.number;
    CAIRN_TRY(owner_.drop_row(number));
    each.reset();
    const std::lock_guard lock(mutex_);
    std::erase_if(stale_, [&](const segment_ptr& s) { return s->head.number == number; });
    const auto found = in_use_.find(number);
    retired_.push_back(std::move(found->second));
    in_use_.erase(found);
  }
  return {};
}

std::uint64_t segment_space::used_locked() const {
  std::uint64_t used = being_made_.size() * bounds_.segment_bytes;
  for (const auto& [number, each] : in_use_) used += each->head.bytes;
  for (const auto& each : retired_) used += each->head.bytes;
  return used;
}

std::uint64_t segment_space::room_locked() const {
  // The catalog lags behind the appends, and its WAL grows until it is checkpointed.
  const auto headroom = std::min<std::uint64_t>(16U << 20, bounds_.size_max / 8);
  const std::uint64_t catalog = catalog_bytes_ + headroom;
  return catalog < bounds_.size_max ? bounds_.size_max - catalog : 0;
}

bool segment_space::may_take_locked(append_purpose purpose) const {
  const auto left = (1 + spare_segments(purpose)) * bounds_.segment_bytes;
  return used_locked() + left <= room_locked();
}

void segment_space::look_at_room_locked() {
  const auto spare = spare_segments(append_purpose::data) * bounds_.segment_bytes;
  admits_data_ = used_locked() + spare <= room_locked();
}

void segment_space::set_catalog_bytes(std::uint64_t n) {
  const std::lock_guard lock(mutex_);
  catalog_bytes_ = n;
  look_at_room_locked();
}

std::string segment_space::new_name_locked() const {
  const auto taken = [this](const std::string& name) {
    const auto same = [&](const segment_ptr& s) { return s->name == name; };
    return std::any_of(in_use_.begin(), in_use_.end(),
                       [&](const auto& each) { return same(each.second); }) ||
           std::any_of(retired_.begin(), retired_.end(), same) ||
           std::any_of(being_made_.begin(), being_made_.end(),
                       [&](const chosen_file& f) { return f.name == name; }) ||
           std::find(free_.begin(), free_.end(), name) != free_.end() ||
           std::find(leaving_.begin(), leaving_.end(), name) != leaving_.end();
  };
  for (std::uint64_t n = 1;; ++n) {
    auto name = std::to_string(n) + ".seg";
    if (!taken(name)) return name;
  }
}

std::string segment_space::full_text_locked() const {
  return "journal " + directory_ + ": full, " + std::to_string(used_locked()) +
         " bytes of segments in use, bound " + std::to_string(bounds_.size_max);
}

result<segment_space::chosen_file> segment_space::choose(append_purpose purpose) {
  const std::lock_guard lock(mutex_);
  if (!may_take_locked(purpose)) {
    if (purpose != append_purpose::start) return fail(ENOSPC, full_text_locked());
    log_warning(full_text_locked() + "; a start takes one segment above it",
                log_event::journal_full, bounds_.about);
  }
  chosen_file from;
  from.fresh = free_.empty();
  // The one that was used last: its pages are the likeliest to be in memory.
  from.name = from.fresh ? new_name_locked() : free_.back();
  if (!from.fresh) free_.pop_back();
  being_made_.push_back(from);
  look_at_room_locked();
  return from;
}

result<void> segment_space::sync_made(file& store, bool fresh) {
  auto synced = store.sync();
  if (synced && fresh) synced = on_.sync_directory(directory_);
  if (!synced) owner_.sync_failed(synced.error().text);
  return synced;
}

result<segment_ptr> segment_space::make(const chosen_file& from) {
  auto made = std::make_shared<segment>();
  made->name = from.name;
  auto opened = on_.open(path_of(from.name), open_mode::create);
  if (!opened) return fail(opened.error());
  made->store = std::move(*opened);
  if (from.fresh) CAIRN_TRY(made->store->allocate(bounds_.segment_bytes));
  made->head = {journal_, next_number_++, 0, bounds_.segment_bytes, incarnation(incarnation_)};
  while (made->head.salt == 0) made->head.salt = random_.number();
  CAIRN_TRY(made->store->write(encode_segment_header(made->head), 0));
  CAIRN_TRY(sync_made(*made->store, from.fresh));
  made->written_to = from.fresh ? segment_header_bytes : made->store->written_bytes();
  if (!from.fresh) ++recycled_;
  return made;
}

result<void> segment_space::prepare(append_purpose purpose) {
  const std::lock_guard alone(prepare_mutex_);
  if (!has_ready()) return prepare_alone(purpose, 1);
  if (admits(purpose)) return {};
  CAIRN_TRY(collect());  // a pin may have gone since
  const std::lock_guard lock(mutex_);
  return admits(purpose) ? result<void>{} : fail(ENOSPC, full_text_locked());
}

std::uint64_t segment_space::ready_wanted() const {
  // An eighth of the journal at most.
  return std::clamp<std::uint64_t>(bounds_.size_max / bounds_.segment_bytes / 8, 1, ready_max);
}

result<void> segment_space::prepare_ahead() {
  const std::lock_guard alone(prepare_mutex_);
  const auto there = count_ready();
  if (there >= ready_wanted()) return {};
  return prepare_alone(append_purpose::data,
                       std::min<std::size_t>(ready_wanted() - there, made_at_once_max));
}

result<void> segment_space::give_back_ready() {
  const std::lock_guard alone(prepare_mutex_);
  {
    const std::lock_guard lock(mutex_);
    std::move(ready_.begin(), ready_.end(), std::back_inserter(stale_));
    ready_.clear();
    note_ready_locked();
  }
  CAIRN_TRY(take_back_stale());
  return collect();
}

// As many as the bound admits and the file system has room for; what went wrong only if that is
// none.
result<std::vector<segment_ptr>> segment_space::make_all(append_purpose purpose,
                                                         std::size_t count) {
  std::vector<segment_ptr> all;
  while (all.size() < count) {
    auto from = choose(purpose);
    if (!from && all.empty()) return fail(from.error());
    if (!from) break;
    auto made = make(*from);
    if (!made && all.empty()) return fail(made.error());
    if (!made) break;
    all.push_back(std::move(*made));
  }
  CAIRN_TRY(owner_.add_rows(all));
  return all;
}

result<void> segment_space::prepare_alone(append_purpose purpose, std::size_t count) {
  CAIRN_TRY(take_back_stale());
  CAIRN_TRY(collect());
  auto made = make_all(purpose, count);
  const std::lock_guard lock(mutex_);
  give_back_unmade_locked(made ? made->size() : 0);
  if (!made) {
    look_at_room_locked();
    return fail(made.error());
  }
  for (auto& each : *made) {
    in_use_.emplace(each->head.number, each);
    ready_.push_back(std::move(each));
  }
  look_at_room_locked();
  note_ready_locked();
  return {};
}

// The files that were chosen but for the first `made`. A fresh one may be half made: a recovery
// deletes it, or a later prepare() makes it again.
void segment_space::give_back_unmade_locked(std::size_t made) {
  const auto chosen = std::exchange(being_made_, {});
  for (const auto& each : std::span(chosen).subspan(made))
    if (!each.fresh) free_.push_back(each.name);
}

void segment_space::retire(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = in_use_.find(number);
  if (found == in_use_.end()) return;
  retired_.push_back(std::move(found->second));
  in_use_.erase(found);
}

result<void> segment_space::collect() {
  std::vector<std::string> surplus;
  {
    const std::lock_guard lock(mutex_);
    // use_count 1 is ours: it is no longer in the map, so nobody can take a new pin.
    std::erase_if(retired_, [&](const segment_ptr& each) {
      if (each.use_count() != 1) return false;
      if (each->head.bytes == bounds_.segment_bytes)
        free_.push_back(each->name);
      else
        surplus.push_back(each->name);
      return true;
    });
    while (!free_.empty() && used_locked() + free_.size() * bounds_.segment_bytes > room_locked()) {
      surplus.push_back(free_.front());
      free_.pop_front();
    }
    leaving_.insert(leaving_.end(), surplus.begin(), surplus.end());
    look_at_room_locked();
  }
  for (const auto& name : surplus) {
    CAIRN_TRY(on_.remove(path_of(name)));
    const std::lock_guard lock(mutex_);
    std::erase(leaving_, name);
  }
  return {};
}

std::uint64_t segment_space::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_locked();
}

std::uint64_t segment_space::segments() const {
  const std::lock_guard lock(mutex_);
  return in_use_.size();
}

}  // namespace cairn
