#include "tests/crash/mortal_member.h"

#include <cerrno>

namespace cairn {
namespace {

constexpr std::uint64_t start_operations = 60;  // of a disk, that a start takes about
constexpr std::uint64_t life_operations = 240;  // the same of a life
constexpr unsigned depth_max = 2;

std::string path_of(std::size_t volume) { return "/volumes/" + std::to_string(volume) + ".img"; }

member_config small_member(member_role role) {
  member_config c;
  c.group = "lab";
  c.name = "m1";
  c.role = role;
  c.journal = "/journal";
  c.segment_bytes = 64 << 10;
  c.journal_size_bytes = (5 * (64 << 10)) + (1 << 20);  // the least: segments are used again soon
  for (std::size_t v = 0; v < mortal_member::volumes; ++v)
    c.volumes.push_back({"v" + std::to_string(v), path_of(v), mortal_member::volume_bytes});
  return c;
}

}  // namespace

mortal_member::mortal_member(std::uint64_t seed, member_role role, cut_counts& counts,
                             forgotten_syncs forgets)
    : random(seed),
      seen(counts),
      config_(small_member(role)),
      forgets_(std::move(forgets)),
      watched_(store_) {
  watched_.watch({[this](byte_view, byte_view) { go_on_amid(amid_append); }, [] {},
                  [this] { go_on_amid(amid_sync); }});
}

void mortal_member::blame(const std::string& what) {
  if (violation.empty()) violation = what;
}

void mortal_member::start() {
  while (violation.empty()) {
    if (random.below(4) == 0) store_.die_after(1 + random.below(start_operations));
    auto opened = member::open(watched_, config_, "g1", {}, random);
    if (!store_.died()) {
      if (!opened) return blame("it does not start: " + opened.error().text);
      core_ = std::move(*opened);
      return;
    }
    if (opened) opened->reset();
    ++seen.in_starts;
    die();
  }
}

void mortal_member::may_die_soon() {
  if (random.below(4) != 0) store_.die_after(1 + random.below(life_operations));
}

void mortal_member::end() {
  if (core_) seen.recycled += core_->log().usage().recycled;
  die();
  core_.reset();
}

void mortal_member::die() {
  if (random.below(8) == 0) {
    ++seen.kills;
    return store_.kill();
  }
  ++seen.cuts;
  power_was_lost_ = true;
  store_.power_cut(random);
}

void mortal_member::came_up() {
  power_was_lost_ = false;
  store_.forget_syncs(forgets_.of, forgets_.every);
}

void mortal_member::go_on_amid(const std::function<void()>& what) {
  if (!what || !alive() || depth_ >= depth_max || random.below(5) != 0) return;
  ++seen.nested;
  ++depth_;
  what();
  --depth_;
}

void mortal_member::one_step() {
  switch (random.below(8)) {
    case 0:
    case 1:
      return core_->sync_step();
    case 2:
    case 3:
      return core_->catalog_step();
    case 4:
    case 5:
      return void(core_->destage_step());
    default:
      return core_->backing_step();
  }
}

void mortal_member::settle(const volume_images& want) {
  while (alive() && log().durable() < log().assigned()) core_->sync_step();
  core_->catalog_step();
  while (alive() && core_->destage_step()) {
  }
  core_->backing_step();
  if (!alive()) return;
  ++seen.compared;
  for (std::size_t v = 0; v < volumes; ++v)
    if (const auto wrong = want.difference(v, 0, *store_.content(path_of(v))); !wrong.empty())
      return blame("in the backing file, all destaged, " + wrong);
  compare(want, "all destaged");
}

void mortal_member::compare(const volume_images& want, const char* when) {
  for (std::size_t v = 0; v < volumes && alive(); ++v) {
    bytes got(volume_bytes);
    if (auto done = core_->read(v, got, 0); !done) return blame(done.error().text);
    if (const auto wrong = want.difference(v, 0, got); !wrong.empty())
      return blame(std::string(when) + ", " + wrong);
  }
}

void mortal_member::compare_some(const volume_images& want) {
  const auto volume = random.below(volumes);
  const auto offset = random.below(volume_bytes - 1);
  bytes got(1 + random.below(std::min<std::uint64_t>(16 << 10, volume_bytes - offset)));
  if (auto done = core_->read(volume, got, offset); !done) return blame(done.error().text);
  if (const auto wrong = want.difference(volume, offset, got); !wrong.empty())
    blame("a host reads: " + wrong);
}

}  // namespace cairn
