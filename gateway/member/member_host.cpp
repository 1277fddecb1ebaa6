// What hosts ask for: read, write, clear, flush. The write path of DESIGN.md section 5: sequence,
// one pwritev in the caller's thread, the gate, the pending map, the acknowledgement.
#include <algorithm>
#include <cerrno>

#include "base/crc32c.h"
#include "base/invariant.h"
#include "gateway/member/member_impl.h"

namespace cairn {

struct member_impl::operation {
  volume& to;
  record_kind kind;
  byte_range range;
  byte_view data;  // of a write; gone once the appends have returned
  acknowledge done;
  std::atomic<std::size_t> left{0};
  guarded<result<void>> outcome;

  operation(volume& v, record_kind k, byte_range r, byte_view d, acknowledge a)
      : to(v), kind(k), range(r), data(d), done(std::move(a)) {}

  void part_done() {
    if (--left == 0) done(outcome.with([](const auto& o) { return o; }));
  }
  void failed(error e) {
    outcome.with([&](auto& o) {
      if (o) o = fail(std::move(e));
    });
  }
};

result<void> member_impl::read(std::size_t volume, byte_span out, std::uint64_t offset) {
  CAIRN_TRY(volumes_[volume]->healthy());
  // On a secondary a whole marker becomes visible at once: a read that an APPLY overtook is read
  // again, so it shows one marker or the next, never both. A primary's generation stands still.
  for (;;) {
    const auto before = generation_.load();
    auto done = volumes_[volume]->read(out, offset, *log_);
    if (generation_.load() == before) return done;
  }
}

bool member_impl::read_cached(std::size_t volume, byte_span out, std::uint64_t offset) {
  if (!is_primary() || volumes_[volume]->failure()) return false;
  return volumes_[volume]->read_cached(out, offset, *log_);
}

result<void> member_impl::accepts(std::size_t volume) const {
  const auto role = role_.load();
  if (role != member_role::primary)
    return fail(EROFS, "volume " + volumes_[volume]->identity().name + ": this side is " +
                           name_of(role) + " and takes no writes");
  if (volumes_[volume]->index() == 0)
    return fail(EROFS, "volume " + volumes_[volume]->identity().name +
                           ": the primary that was taken over never had it");
  if (const auto why = log_->failure()) return fail(EIO, "the journal failed: " + *why);
  return volumes_[volume]->healthy();
}

void member_impl::write(std::size_t volume, byte_view data, std::uint64_t offset, bool fua,
                        acknowledge done) {
  if (auto ok = accepts(volume); !ok) return done(std::move(ok));
  if (data.empty()) return done({});
  append_together(
      std::make_shared<operation>(*volumes_[volume], record_kind::write,
                                  byte_range{offset, data.size()}, data, std::move(done)),
      fua);
}

void member_impl::clear(std::size_t volume, record_kind kind, byte_range range, bool fua,
                        acknowledge done) {
  CAIRN_INVARIANT("internal", kind == record_kind::zero || kind == record_kind::trim,
                  "only zero and trim clear");
  if (auto ok = accepts(volume); !ok) return done(std::move(ok));
  if (range.empty()) return done({});
  append_together(
      std::make_shared<operation>(*volumes_[volume], kind, range, byte_view{}, std::move(done)),
      fua);
}

// Beside others that only append; not beside change().
void member_impl::append_together(const std::shared_ptr<operation>& op, bool fua) {
  auto together = changes_.together();
  const auto slots = append_all(*op);
  together.unlock();
  finish(op, slots, fua);
}

// Everything up to here may be read: holds have ended. EIO when the journal fails meanwhile.
result<void> member_impl::wait_until_visible(sequence upto) {
  constexpr std::chrono::microseconds moment{100};  // a hold takes some milliseconds
  while (visible_reached_ < upto.value) {
    if (const auto why = log_->failure()) return fail(EIO, "the journal failed: " + *why);
    std::this_thread::sleep_for(moment);
  }
  return {};
}

void member_impl::change(std::size_t volume, byte_range range, bool fua,
                         const std::function<bool(byte_span)>& rewrite, acknowledge done) {
  if (auto ok = accepts(volume); !ok) return done(std::move(ok));
  bytes content(range.length);
  auto alone = changes_.alone();
  auto old = wait_until_visible(log_->assigned());
  if (old) old = read(volume, content, range.offset);
  if (old && !rewrite(content)) old = fail(EILSEQ, "the volume holds something else");
  if (!old || content.empty()) return done(std::move(old));
  const auto op = std::make_shared<operation>(*volumes_[volume], record_kind::write, range,
                                              byte_view(content), std::move(done));
  const auto slots = append_all(*op);
  alone.unlock();
  finish(op, slots, fua);
}

member_impl::appended member_impl::append_all(operation& op) {
  // A trim or zero is one record, whatever its length.
  const auto parts = op.data.empty() ? 1 : (op.data.size() + record_data_max - 1) / record_data_max;
  appended slots;
  slots.reserve(parts);
  for (std::size_t i = 0; i < parts; ++i) {
    const std::uint64_t from = i * record_data_max;
    const auto part =
        op.data.empty()
            ? op.data
            : op.data.subspan(from, std::min<std::size_t>(record_data_max, op.data.size() - from));
    record draft;
    draft.kind = op.kind;
    draft.volume = op.to.index();
    draft.range = part.empty() ? op.range : byte_range{op.range.offset + from, part.size()};
    draft.data_length = static_cast<std::uint32_t>(part.size());
    draft.data_crc = crc32c(part);
    const iovec vector{const_cast<std::byte*>(part.data()), part.size()};
    auto slot = append(draft, std::span(&vector, part.empty() ? 0 : 1));
    if (!slot) {
      op.failed(std::move(slot).error());
      break;
    }
    slots.push_back(*slot);
  }
  op.data = {};
  return slots;
}

// Makes them durable if asked, and sends each through the gate.
void member_impl::finish(const std::shared_ptr<operation>& op, const appended& slots, bool fua) {
  if (fua && !slots.empty()) {
    if (auto synced = sync_journal(); !synced) op->failed(std::move(synced).error());
  }
  op->left = slots.size() + 1;
  for (const auto& slot : slots)
    gate_.pass(slot.what.seq, [this, slot, op] {
      publish(slot);
      op->part_done();
    });
  op->part_done();
}

// A finished record, or the error; then the sequence, if there was one, counts as visible.
result<append_slot> member_impl::append(const record& draft, std::span<const iovec> data) {
  auto slot = log_->reserve(draft);
  if (!slot) return slot;
  if (auto written = log_->write(*slot, data); !written) {
    mark_visible(slot->what.seq);
    return fail(std::move(written).error());
  }
  wake_link();
  return slot;
}

// Makes a record visible that changes a volume.
void member_impl::enter(const row& r) {
  table_[r.what.volume - 1]->enter(r.what, r.at);
  changed_bytes_ += r.what.data_length;
}

void member_impl::publish(const append_slot& slot) {
  const row r{slot.what, slot.at};
  enter(r);
  count(r, std::chrono::steady_clock::now());
  mark_visible(slot.what.seq);
}

// Takes note of a record for what lag is told.
void member_impl::count(const row& r, monotonic_time now) {
  if (!changes_volume(r.what.kind)) return;
  samples_.with(
      [&](lag_samples& s) { s.add(r.what.volume - 1, r.what.range.length, r.what.seq, now); });
}

void member_impl::mark_visible(sequence s) {
  visible_.with([&](prefix& p) { visible_reached_ = p.mark(s.value); });
}

std::chrono::microseconds member_impl::write_delay(std::uint64_t write_bytes) const {
  return std::max(background_pace::delay(pending_records()),
                  background_pace::delay(log_->ahead(), write_bytes));
}

result<void> member_impl::flush(std::size_t volume) {
  CAIRN_TRY(volumes_[volume]->healthy());
  if (!has_hosts_writes()) return {};
  return sync_journal();
}

result<std::vector<extent>> member_impl::extents(std::size_t volume, byte_range range,
                                                 std::size_t extents_max) {
  CAIRN_TRY(volumes_[volume]->healthy());
  return volumes_[volume]->extents(range, extents_max);
}

namespace {

// The wait of a front end that has a thread for each request. It ends when the gate opens (I11),
// at the latest after the hold limit.
class waiting {
 public:
  acknowledge done() {
    return [this](result<void> r) {
      const std::lock_guard lock(mutex_);
      outcome_ = std::move(r);
      arrived_.notify_one();
    };
  }
  result<void> wait() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return outcome_.has_value(); });
    return std::move(*outcome_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<result<void>> outcome_;
};

}  // namespace

result<void> member::write_and_wait(std::size_t volume, byte_view data, std::uint64_t offset,
                                    bool fua) {
  waiting w;
  write(volume, data, offset, fua, w.done());
  return w.wait();
}

result<void> member::clear_and_wait(std::size_t volume, record_kind kind, byte_range range,
                                    bool fua) {
  waiting w;
  clear(volume, kind, range, fua, w.done());
  return w.wait();
}

}  // namespace cairn
