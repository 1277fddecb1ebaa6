// What hosts ask of a primary: write, clear, flush. The write path of DESIGN.md section 5:
// sequence, one pwritev in the caller's thread, the gate, the pending map, the acknowledgement.
#include <algorithm>
#include <cerrno>

#include "base/crc32c.h"
#include "base/invariant.h"
#include "base/log.h"
#include "gateway/member/primary_side.h"

namespace cairn {

struct primary_side::operation {
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

result<void> primary_side::accepts(std::size_t volume) const {
  const auto& v = core_.at(volume);
  if (const auto role = core_.role(); role != member_role::primary)
    return fail(EROFS, "volume " + v.identity().name + ": this side is " + name_of(role) +
                           " and takes no writes");
  if (v.index() == 0)
    return fail(EROFS,
                "volume " + v.identity().name + ": the primary that was taken over never had it");
  if (const auto why = core_.log().failure())
    return fail(EIO, "the journal failed: " + *why, error_class::final);
  return v.healthy();
}

void primary_side::write(std::size_t volume, byte_view data, std::uint64_t offset, bool fua,
                         acknowledge&& done) {
  if (auto ok = accepts(volume); !ok) return done(std::move(ok));
  if (data.empty()) return done({});
  append_together(
      std::make_shared<operation>(core_.at(volume), record_kind::write,
                                  byte_range{offset, data.size()}, data, std::move(done)),
      fua);
}

void primary_side::clear(std::size_t volume, record_kind kind, byte_range range, bool fua,
                         acknowledge&& done) {
  CAIRN_INVARIANT("internal", kind == record_kind::zero || kind == record_kind::trim,
                  "only zero and trim clear");
  if (auto ok = accepts(volume); !ok) return done(std::move(ok));
  if (range.empty()) return done({});
  append_together(
      std::make_shared<operation>(core_.at(volume), kind, range, byte_view{}, std::move(done)),
      fua);
}

// Beside others that only append; not beside change().
void primary_side::append_together(const std::shared_ptr<operation>& op, bool fua) {
  auto together = changes_.together();
  const auto slots = append_all(*op);
  together.unlock();
  finish(op, slots, fua);
}

// Everything up to here may be read: holds have ended. EIO when the journal fails meanwhile.
result<void> primary_side::wait_until_visible(sequence upto) {
  constexpr std::chrono::microseconds moment{100};  // a hold takes some milliseconds
  while (core_.shown() < upto) {
    if (const auto why = core_.log().failure())
      return fail(EIO, "the journal failed: " + *why, error_class::final);
    std::this_thread::sleep_for(moment);
  }
  return {};
}

void primary_side::change(std::size_t volume, byte_range range, bool fua,
                          const std::function<bool(byte_span)>& rewrite, acknowledge&& done) {
  if (auto ok = accepts(volume); !ok) return done(std::move(ok));
  bytes content(range.length);
  auto alone = changes_.alone();
  auto old = wait_until_visible(core_.log().assigned());
  if (old) old = core_.read(volume, content, range.offset);
  if (old && !rewrite(content)) old = fail(EILSEQ, "the volume holds something else");
  if (!old || content.empty()) return done(std::move(old));
  const auto op = std::make_shared<operation>(core_.at(volume), record_kind::write, range,
                                              byte_view(content), std::move(done));
  const auto slots = append_all(*op);
  alone.unlock();
  finish(op, slots, fua);
}

primary_side::appended primary_side::append_all(operation& op) {
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
void primary_side::finish(const std::shared_ptr<operation>& op, const appended& slots, bool fua) {
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
result<append_slot> primary_side::append(const record& draft, std::span<const iovec> data) {
  auto slot = core_.log().reserve(draft);
  if (!slot) return slot;
  if (auto written = core_.log().write(*slot, data); !written) {
    mark_visible(slot->what.seq);
    return fail(std::move(written).error());
  }
  wake_link();
  return slot;
}

void primary_side::publish(const append_slot& slot) {
  const row r{slot.what, slot.at};
  core_.enter(r);
  core_.count(r, std::chrono::steady_clock::now());
  mark_visible(slot.what.seq);
}

void primary_side::mark_visible(sequence s) {
  visible_.with([&](prefix& p) { core_.shows(sequence(p.mark(s.value))); });
}

// One fdatasync of the journal, and what it lets go.
result<void> primary_side::sync_journal() {
  CAIRN_TRY(core_.sync());
  after_sync();
  return {};
}

void primary_side::sync_now() {
  if (auto done = sync_journal(); !done)
    log_error(core_.sentence(done.error().text), log_event::none, core_.subject());
}

void primary_side::sync_step() {
  auto& log = core_.log();
  const auto point = log.begin_sync();
  if (!log.ready(point)) return;
  if (auto done = log.complete_sync(point); !done)
    return log_error(core_.sentence(done.error().text), log_event::none, core_.subject());
  after_sync();
}

result<void> primary_side::flush(std::size_t volume) {
  CAIRN_TRY(core_.at(volume).healthy());
  return sync_journal();
}

}  // namespace cairn
