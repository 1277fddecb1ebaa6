#include "tests/crash/hosts.h"

#include <algorithm>

namespace cairn {

void hosts::ask(bool amid) {
  const auto what = of_.random.below(12);
  if (what == 0) return of_.compare_some(visible_);
  if (what == 1 && !amid) return flush();
  send_change(amid);
}

// Overlapping: most of them fall into the first quarter of a volume.
byte_range hosts::some_range() {
  constexpr auto sectors = mortal_member::volume_bytes / volume_images::sector_bytes;
  const auto unit = of_.random.below(2) == 0 ? 1 : 8;
  const auto from =
      of_.random.below(of_.random.below(4) == 0 ? sectors : sectors / 4) / unit * unit;
  const auto longest = std::min<std::uint64_t>(of_.random.below(3) == 0 ? 24 : 8, sectors - from);
  const auto length = unit == 8 ? longest / 8 * 8 : 1 + of_.random.below(longest);
  return {from * volume_images::sector_bytes, length * volume_images::sector_bytes};
}

change hosts::make_change() {
  change c;
  c.volume = of_.random.below(mortal_member::volumes);
  c.range = some_range();
  const auto kind = of_.random.below(8);
  if (kind == 0) c.kind = record_kind::zero;
  if (kind == 1) c.kind = record_kind::trim;
  if (c.kind != record_kind::write) return c;
  c.content.resize(c.range.length);
  of_.random.fill(c.content);
  return c;
}

void hosts::send_change(bool amid) {
  const auto id = next_id_++;
  auto& mine = asked_[id];
  mine.what = make_change();
  mine.what.seq = of_.log().assigned().next();
  mine.made_in = of_.log().current();
  const bool fua = !amid && of_.random.below(12) == 0;
  const auto done = [this, id, fua](const result<void>& how) { acknowledged(id, how, fua); };
  const auto& c = mine.what;
  if (c.kind == record_kind::write)
    of_.core().write(c.volume, c.content, c.range.offset, fua, done);
  else
    of_.core().clear(c.volume, c.kind, c.range, fua, done);
  const auto still = asked_.find(id);
  if (still != asked_.end()) still->second.finished = of_.alive();
}

void hosts::acknowledged(std::uint64_t id, const result<void>& how, bool fua) {
  if (!how) {
    if (!of_.may_fail(how.error())) of_.blame("a change is refused: " + how.error().text);
    if (of_.alive()) asked_.erase(id);  // it has no sequence: the next one gets it
    return;
  }
  auto& a = asked_.at(id);
  a.acknowledged = true;
  a.promised = fua;
  visible_.enter(a.what);
}

// It covers what was acknowledged when it began.
void hosts::flush() {
  std::vector<asked*> covered;
  for (auto& [id, a] : asked_)
    if (a.acknowledged) covered.push_back(&a);
  const auto flushed = of_.core().flush(of_.random.below(mortal_member::volumes));
  if (!flushed) {
    if (!of_.may_fail(flushed.error())) of_.blame("a flush fails: " + flushed.error().text);
    return;
  }
  for (auto* a : covered) a->promised = true;
}

void hosts::note_durable() { durable_ = std::max(durable_, of_.log().durable()); }

bool hosts::is_lost(const asked& a) {
  auto& log = of_.log();
  const auto seq = a.what.seq;
  if (seq <= log.trimmed()) return false;
  if (seq > log.assigned()) return true;
  const auto rows = log.rows(seq, seq, 1, ~std::uint64_t{0});
  if (!rows || rows->size() != 1) {
    of_.blame("record " + std::to_string(seq.value) + " has no row");
    return false;
  }
  // A start that died later may have made a record of its own under this number.
  const auto& r = rows->front().what;
  if (r.kind == record_kind::gap || r.made_in != a.made_in) return true;
  if (r.kind != a.what.kind || r.range != a.what.range || r.volume != a.what.volume + 1)
    of_.blame("record " + std::to_string(seq.value) + " is another one");
  return false;
}

void hosts::judge(const asked& a, bool lost) {
  if (!lost) {
    if (a.what.seq > of_.log().durable()) of_.blame("what was found is not durable");
    return base_.enter(a.what);
  }
  ++of_.seen.lost;
  const auto name = std::string(name_of(a.what.kind)) + " " + std::to_string(a.what.seq.value);
  if (a.promised) of_.blame(name + " was flushed and is lost");
  if (a.what.seq <= durable_) of_.blame(name + " was durable and is lost");
  if (a.finished && !of_.power_was_lost()) of_.blame(name + " is lost in a kill");
}

void hosts::judge_recovery() {
  for (const auto& [id, a] : asked_) judge(a, is_lost(a));
  asked_.clear();
  visible_ = base_;
  durable_ = of_.log().durable();
  of_.compare(base_, "after a start");
}

}  // namespace cairn
