#include "tests/crash/played_primary.h"

#include <algorithm>

#include "base/crc32c.h"

namespace cairn {
namespace {

constexpr epoch only{1};

record_kind some_kind(seeded_random& random) {
  const auto n = random.below(10);
  return n == 0 ? record_kind::zero : n == 1 ? record_kind::trim : record_kind::write;
}

}  // namespace

played_primary::played_primary(seeded_random& random, std::size_t volumes,
                               std::uint64_t volume_bytes)
    : random_(random),
      volume_bytes_(volume_bytes),
      journal_(random.make_uuid()),
      lineage_(random.make_uuid()) {
  for (std::uint32_t v = 0; v < volumes; ++v)
    volumes_.push_back({v + 1, random.make_uuid(), "v" + std::to_string(v), volume_bytes, v + 1,
                        std::to_string(v), true});
  starts_.push_back({incarnation(1), lineage_, {}});
}

hello played_primary::greeting() const {
  hello h;
  h.group = "lab";
  h.member = "m1";
  h.journal = journal_;
  h.volumes = volumes_;
  h.lineages = {{lineage_, {}, {}}};
  h.starts = starts_;
  h.oldest_held = sequence(1);
  return h;
}

// What is behind `kept_to` is gone, or there is a hole and some of what follows was found.
void played_primary::restart() {
  const auto kept_to = sequence(floor_.value + random_.below(end().value - floor_.value + 1));
  starts_.push_back({starts_.back().number.next(), lineage_, kept_to});
  unsealed_.reset();
  const bool holes = random_.below(2) == 0;
  if (!holes) return log_.resize(kept_to.value);
  for (auto i = kept_to.value; i < log_.size(); ++i) {
    auto& r = log_[i];
    if (i > kept_to.value && random_.below(2) == 0) continue;
    r = {};
    r.what.seq = sequence(i + 1);
    r.what.made_in = current();
    r.what.data_crc = crc32c({});
  }
}

std::vector<sent_record> played_primary::behind(sequence last, std::uint64_t count) {
  std::vector<sent_record> out;
  for (auto n = last.next(); out.size() < count; n = n.next()) {
    if (n > end()) make_one();
    out.push_back(at(n));
  }
  return out;
}

std::optional<sequence> played_primary::sealed(marker_id m) const {
  for (const auto& [id, at] : sealed_)
    if (id == m) return at;
  return std::nullopt;
}

void played_primary::make_one() {
  const auto n = random_.below(8);
  auto r = n != 0                  ? make_change()
           : !unsealed_            ? make_control(record_kind::marker)
           : random_.below(4) == 0 ? make_control(record_kind::void_)
                                   : make_control(record_kind::seal);
  r.what.seq = end().next();
  r.what.made_in = current();
  r.what.data_length = static_cast<std::uint32_t>(r.data.size());
  r.what.data_crc = crc32c(r.data);
  const auto kind = r.what.kind;
  log_.push_back(std::move(r));
  if (kind == record_kind::marker) unsealed_ = end();
  if (kind == record_kind::seal) {
    floor_ = end();
    sealed_.emplace_back(marker_id{last_marker_, only}, *unsealed_);
  }
  if (kind == record_kind::seal || kind == record_kind::void_) unsealed_.reset();
}

sent_record played_primary::make_change() {
  constexpr auto sector = volume_images::sector_bytes;
  sent_record r;
  r.what.kind = some_kind(random_);
  r.what.volume = 1 + static_cast<std::uint32_t>(random_.below(volumes_.size()));
  const auto from = random_.below(volume_bytes_ / sector / 2);
  r.what.range = {from * sector, (1 + random_.below(12)) * sector};
  if (r.what.kind == record_kind::write) r.data.resize(r.what.range.length);
  random_.fill(r.data);
  return r;
}

sent_record played_primary::make_control(record_kind kind) {
  if (kind == record_kind::marker) last_marker_ = last_marker_.next();
  marker_body body{{last_marker_, only}, hash_of_group("lab"), 0};
  if (kind == record_kind::marker) body.members_hash = hash_of_members({"m1", "m2"});
  const auto data = encode_marker_body(body);
  sent_record r;
  r.what.kind = kind;
  r.data.assign(data.begin(), data.end());
  return r;
}

change change_of(const sent_record& r) {
  return {r.what.seq, r.what.kind, r.what.volume - 1, r.what.range, r.data};
}

}  // namespace cairn
