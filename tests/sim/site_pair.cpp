#include "tests/sim/site_pair.h"

#include <fmt/format.h>

#include <algorithm>

namespace cairn::sim {
namespace {

constexpr std::uint64_t segment_bytes = 64 << 10;
constexpr std::uint64_t catalog_bytes = 1 << 20;  // the least that a journal sets apart for it
constexpr std::uint64_t small_journal_bytes = catalog_bytes + 6 * segment_bytes;
constexpr std::uint64_t ample_journal_bytes = catalog_bytes + 80 * segment_bytes;
constexpr time_us patience = 30'000'000;

}  // namespace

site_pair::site_pair(world& w)
    : world_(w),
      members_(w.random.chance(70) ? 2 : 3),
      volumes_(w.random.between(1, 2)),
      volume_bytes_(w.random.chance(50) ? 64 << 10 : 128 << 10),
      journal_bytes_(catalog_bytes + (w.random.chance(40) ? 6 : 40) * segment_bytes),
      oracle_(w, members_, std::vector<std::uint64_t>(volumes_, volume_bytes_)),
      link_up_(new bool[members_]) {
  for (std::size_t i = 0; i < 2 * members_; ++i)
    gateways_.push_back(std::make_unique<sim_gateway>(w, oracle_, i, config_of(i)));
  oracle_.rotten = [this](std::size_t g) { return gateways_[g]->rotten(); };
  oracle_.hurt = [this](std::size_t g) { return gateways_[g]->hurt(); };
  for (std::size_t m = 0; m < members_; ++m) {
    link_up_[m] = true;
    gateways_[m]->sender.set_peer(gateways_[members_ + m].get(), &link_up_[m]);
    gateways_[members_ + m]->receiver.set_primary(gateways_[m].get());
  }
  for (int i : {0, 1}) {
    primary_[i] = std::make_unique<sim_primary_coordinator>(w, site(0), names());
    secondary_[i] = std::make_unique<sim_secondary_coordinator>(w, oracle_, site(1), names());
  }
  auto few = names();
  few.pop_back();
  auto few_gateways = site(1);
  few_gateways.pop_back();
  wrong_ = std::make_unique<sim_secondary_coordinator>(w, oracle_, few_gateways, few);
  wrong_->must_refuse = true;
  for (auto n = w.random.between(2, 4); n > 0; --n)
    hosts_.push_back(std::make_unique<sim_host>(w, oracle_, site(0), volume_bytes_, volumes_));
}

std::vector<std::string> site_pair::names() const {
  std::vector<std::string> out;
  for (std::size_t m = 0; m < members_; ++m) out.push_back(name(m));
  return out;
}

member_config site_pair::config_of(std::size_t index) const {
  const std::size_t m = index % members_;
  member_config c;
  c.group = "sim";
  c.name = name(m);
  c.role = index < members_ ? member_role::primary : member_role::secondary;
  c.journal = "/journal";
  c.journal_size_bytes = journal_bytes_;
  if (keeps_bounds())
    c.journal_size_bytes = index < members_ || world_.ordeal == ordeal::both_journals_full
                               ? small_journal_bytes
                               : ample_journal_bytes;
  c.segment_bytes = segment_bytes;
  if (index < members_) c.peer = endpoint{"peer", 1};
  for (std::size_t v = 0; v < volumes_; ++v)
    c.volumes.push_back(
        {fmt::format("{}-v{}", name(m), v), fmt::format("/v{}.img", v), volume_bytes_});
  return c;
}

std::vector<sim_gateway*> site_pair::site(std::size_t which) {
  std::vector<sim_gateway*> out;
  for (std::size_t m = 0; m < members_; ++m) out.push_back(gateways_[which * members_ + m].get());
  return out;
}

void site_pair::run() {
  if (world_.ordeal == ordeal::odd_clocks) set_clocks();
  for (auto& g : gateways_) g->start_later(0);
  world_.run_until(1'000);
  primary_[0]->start();
  secondary_[0]->start();
  for (auto& h : hosts_) h->start();
  begin_ordeal();
  trouble(world_.random.between(120'000, 450'000));
  if (world_.random.chance(30)) {
    if (world_.random.chance(50)) leave_stale_follower();
    lose_first_site();
    trouble(world_.random.between(20'000, 200'000));
    heal();
  } else {
    heal();
    expect_markers();
    expect_agreement();
    lose_first_site();
  }
  expect_takeover();
  if (world_.ordeal == ordeal::new_lineage) expect_new_markers();
  if (world_.ordeal == ordeal::marker_after_restart) expect_marker_of_takeover();
  expect_fenced();
}

void site_pair::wait_for(const char* what, time_us limit, const std::function<bool()>& reached) {
  for (const auto end = world_.now() + limit; !reached();) {
    if (world_.now() >= end)
      world_.fail(fmt::format("{}: never reached ({})", what, stuck_because()));
    world_.run_until(world_.now() + 500);
  }
}

std::string site_pair::stuck_because() const {
  std::string out = "secondary coordinator: " + secondary_[0]->obstacle();
  for (const auto& g : gateways_) {
    if (!g->up()) {
      out += fmt::format("; gateway {} is down", g->index());
      continue;
    }
    const auto s = g->core().status();
    out += fmt::format("; gateway {}: {}, link {} {}, assigned {} durable {} stored {}", g->index(),
                       name_of(s.role), name_of(s.link), s.link_because, s.assigned.value,
                       s.durable.value, s.stored.value);
  }
  return out;
}

void site_pair::heal() {
  SIM_TRACE(world_, "---- everything heals");
  world_.faults = false;
  for (std::size_t m = 0; m < members_; ++m) link_up_[m] = true;
  if (hurts_disks()) mend_disks();
  for (auto& g : gateways_) {
    g->live_on();
    g->go_on();
    if (!keeps_bounds()) g->enlarge(ample_journal_bytes);
    full_at_heal_ = full_at_heal_ || g->full();
    if (!first_site_lost_ || g->index() >= members_) g->start_later(0);
  }
  wrong_->die();
  for (int i : {0, 1}) {
    primary_[i]->die();
    secondary_[i]->die();
  }
  if (!first_site_lost_) primary_[0]->start();
  secondary_[0]->start();
  if (!world_.random.chance(30)) return;  // the last trouble passes by itself
  primary_[0]->lock_state(world_.random.between(10'000, 200'000));
  secondary_[0]->lock_state(world_.random.between(10'000, 200'000));
}

// No marker above it was begun yet.
marker_number site_pair::newest_begun() {
  auto newest = std::max(primary_[0]->stored.number, secondary_[0]->newest_applied.number);
  for (auto* g : site(0))
    if (g->ready()) newest = std::max(newest, g->core().welcome().marker_last);
  return newest;
}

void site_pair::expect_markers() {
  const auto before = newest_begun();
  wait_for("a marker that is applied after everything healed", patience,
           [&] { return noticed() || secondary_[0]->newest_applied.number > before; });
  if (keeps_bounds() && full_at_heal_) world_.met.meet(situation::full_at_heal);
}

// Hosts stop; one marker later both sides hold the same bytes.
void site_pair::expect_agreement() {
  for (auto& h : hosts_) h->stop();
  wait_for("every host is answered", 2'000'000,
           [&] { return std::ranges::all_of(hosts_, [](const auto& h) { return h->idle(); }); });
  const auto before = newest_begun();
  wait_for("a marker behind the last write", patience,
           [&] { return noticed() || secondary_[0]->newest_applied.number > before; });
  if (noticed()) return;
  for (std::size_t m = 0; m < members_; ++m)
    for (std::size_t v = 0; v < volumes_; ++v) {
      bytes ours(volume_bytes_), theirs(volume_bytes_);
      const bool read = gateways_[m]->core().read(v, ours, 0) &&
                        gateways_[members_ + m]->core().read(v, theirs, 0);
      if (!read || ours != theirs)
        world_.fail(fmt::format("member {} volume {} differs between the sites", m, v));
    }
}

// A coordinator that follows the group hangs with its choice made; a takeover by another one, at an
// older marker, meets what it sends when it goes on.
void site_pair::leave_stale_follower() {
  for (auto& s : secondary_) s->die();
  world_.run_until(world_.now() + 130'000);
  secondary_[1]->hangs_once_chosen = world_.random.between(5'000, 30'000);
  secondary_[1]->start();
  world_.run_until(world_.now() + 15'000);
}

void site_pair::lose_first_site() {
  SIM_TRACE(world_, "---- the first site is lost");
  first_site_lost_ = true;
  const bool power = world_.random.chance(50);
  if (world_.ordeal == ordeal::partial_loss) {
    lose_part_of_first_site(power);
  } else {
    for (auto* g : site(0)) g->die(power);
    for (int i : {0, 1}) primary_[i]->die();
    for (auto& h : hosts_) h->stop();
  }
  start_secondary(0);
  // People may want an older marker than the newest.
  std::optional<marker_number> named;
  if (world_.random.chance(60))
    named = marker_number(secondary_[0]->newest_applied.number.value + world_.random.below(3));
  ask_takeover(named);
}

void site_pair::expect_takeover() {
  bool asked = false;
  const auto end = [&] {
    for (auto* g : site(1))
      if (!g->up() || !oracle_.has_own_journal(g->index())) return false;
    return secondary_[0]->taken_over;
  };
  const auto again = world_.now() + 500'000;
  wait_for("the takeover is finished", patience, [&] {
    if (!asked && world_.now() >= again) secondary_[0]->take_over(), asked = true;
    return end() || secondary_[0]->nothing_to_take() || (spoilt_ && world_.now() > again);
  });
  if (!end()) return;
  for (auto* g : site(1)) oracle_.check_volumes(g->index(), g->core());
  for (std::size_t h = 0; h < hosts_.size(); ++h) {
    if (stays_behind(h)) continue;
    hosts_[h]->move_to(site(1));
    hosts_[h]->start();
  }
  world_.run_until(world_.now() + 20'000);
  for (auto* g : site(1)) {
    g->die(world_.random.chance(50));
    g->start_later(1'000);
  }
  world_.run_until(world_.now() + 10'000);
}

// The old primaries come back, learn of it, and take no more writes.
void site_pair::expect_fenced() {
  if (!std::ranges::all_of(site(1), [&](auto* g) { return oracle_.has_own_journal(g->index()); }))
    return;
  if (rots() && spoilt_) return;
  for (auto* g : site(0)) g->start_later(0);
  wait_for("the old primaries are fenced", patience, [&] {
    return std::ranges::all_of(site(0), [](auto* g) {
      return g->up() && g->core().log().state().role == member_role::fenced;
    });
  });
  for (auto* g : site(0)) {
    result<void> taken;
    g->core().write(0, bytes(sector_bytes), 0, false,
                    [&](result<void> r) { taken = std::move(r); });
    if (taken) world_.fail("I8: a fenced gateway took a write");
  }
}

}  // namespace cairn::sim
