#include "tests/ui/scenes.h"

#include <chrono>
#include <cmath>

namespace cairn {
namespace {

constexpr std::uint64_t mib = 1U << 20;

std::int64_t unix_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// A slow wave between 0 and 1, so that charts show something.
double wave(std::uint64_t tick, double period) {
  return 0.5 + 0.5 * std::sin(static_cast<double>(tick) * 6.283 / period);
}

volume_status volume(const std::string& name, std::uint64_t written) {
  volume_status v;
  v.name = name;
  v.id = "0b9f6c1e-37c1-4c38-9a0b-9d0a5a6f3f10";
  v.size_bytes = 1024 * mib;
  v.bytes_written = written;
  v.records_written = written / 4096;
  v.behind_bytes = 128 << 10;
  v.behind_records = 32;
  v.exports = {"nbd+unix:///" + name + "?socket=/run/cairn/site-a.sock",
               "nbd://192.0.2.7:10809/" + name,
               "iscsi://192.0.2.7:3260/iqn.2026-11.io.cairn:lab." + name + "/0"};
  if (name.ends_with("-v1")) {
    v.chap = "mutual";
    v.sessions = {{"iqn.1993-08.org.debian:01:4f3e2d1c", "192.0.2.31:51514", 3},
                  {"iqn.1991-05.com.microsoft:db", "[2001:db8::31]:49702", 0}};
  }
  return v;
}

member_view member(const std::string& name, bool primary, std::uint64_t tick) {
  member_view m;
  m.name = name;
  m.control = "127.0.0.1:7331";
  m.connected = m.fresh = true;
  m.heard = m.read = 120;
  member_status s;
  s.group = "lab";
  s.member = name;
  s.gateway = name + (primary ? "-primary" : "-secondary");
  s.version = "0.1.0";
  s.commit = "6a6d469b2f1c";
  s.role = primary ? member_role::primary : member_role::secondary;
  s.link = link_state::connected;
  s.copy = "in-sync";
  s.flow = "streaming";
  s.current = incarnation(3);
  const std::uint64_t end = 180000 + tick * 2431;
  s.assigned = s.finished = sequence(end);
  s.durable = sequence(end - 64);
  s.sent = s.received = sequence(primary ? end - 12 : 0);
  s.stored = sequence(end - 96);
  s.applied = sequence(end - 3120);
  s.destaged = s.backed = sequence(end - 3500);
  s.applied_marker = {marker_number(4200 + tick), epoch(7)};
  s.oldest_unstored_ms = primary ? 18 : 0;
  s.behind_bytes = 384 << 10;
  s.behind_records = 96;
  s.journal_bytes = 212 * mib;
  s.journal_bytes_max = 1024 * mib;
  s.hold_count = 4200 + tick;
  s.volumes = {volume(name + "-v1", 840 * mib), volume(name + "-v2", 131 * mib)};
  m.status = s;
  return m;
}

void add_markers(canned_coordinator& c, std::uint64_t tick) {
  c.made.clear();
  for (std::uint64_t i = 0; i < 12; ++i) {
    marker_view m;
    m.marker = {marker_number(4212 + tick - i), epoch(7)};
    m.outcome = i == 0 ? "running" : i == 5 ? "void" : "sealed";
    if (i == 5) m.reason = "m2 let go by itself after its hold limit of 50 ms";
    if (i == 3) m.name = "before-upgrade";
    m.display_unix_ms = unix_ms() - static_cast<std::int64_t>(1000 * i) - 240;
    m.held_max_us = i == 0 ? 0 : i == 5 ? 50000 : 612 + 37 * i;
    m.stored = i > 1;
    m.applied = i > 3 && i != 5;
    if (i == 5) m.stored = false;
    c.made.push_back(m);
  }
}

void set_fine(canned_coordinator& c, bool primary, std::uint64_t tick) {
  auto& s = c.now;
  s = {};
  s.coordinator = primary ? "site-a" : "site-b";
  s.group = "lab";
  s.primary = primary;
  s.current = epoch(7);
  s.up_ms = 1000 * tick + 4000000;
  s.interval_ms = s.poll_ms = 1000;
  s.hold_limit_ms = 50;
  s.rpo_target_ms = 5000;
  s.rpo_now = static_cast<std::uint64_t>(900 + 700 * wave(tick, 17));
  s.level = verdict_level::fine;
  s.verdict = "If the primary site were lost now, at most 1.2 s of writes would be lost.";
  const marker_id newest{marker_number(4211 + tick), epoch(7)};
  s.sealed = {newest, 240};
  s.stored = {newest, s.rpo_now};
  s.oldest_unstored = 18;
  s.behind_bytes = 1152 << 10;
  s.behind_records = 288;
  s.phase = primary ? "" : "following";
  if (!primary) s.applied = {{marker_number(4208 + tick), epoch(7)}, *s.rpo_now + 1200};
  s.rounds = {4300, 4211, 12, 0, 3, 1000, 840, {{500, 3100}, {1000, 1000}, {0, 12}}};
  s.members = {member("m1", primary, tick), member("m2", primary, tick),
               member("m3", primary, tick)};
  add_markers(c, tick);
  c.told = {{1, unix_ms() - 4000000, "notice", "Started as coordinator site-a, epoch 7."},
            {2, unix_ms() - 3999000, "notice", "All members are heard: m1, m2, m3."},
            {3, unix_ms() - 5240, "warning",
             "Marker 4207 is void: m2 let go by itself after its hold limit of 50 ms."}};
}

void set_degraded(canned_coordinator& c, std::uint64_t tick) {
  auto& s = c.now;
  s.rpo_now = 6800 + 1000 * tick;
  s.level = *s.rpo_now > 10000 ? verdict_level::severe : verdict_level::warning;
  s.verdict = "If the primary site were lost now, " + std::to_string(*s.rpo_now / 1000) +
              " s of writes would be lost: above the target of 5 s.";
  s.holding =
      held_back{"m2", "its link is down: connect 10.2.0.7:7330: Connection refused", *s.rpo_now};
  s.stored = {{marker_number(4204), epoch(7)}, s.rpo_now};
  s.oldest_unstored = *s.rpo_now - 300;
  s.behind_bytes = 418 * mib;
  s.behind_records = 107114;
  s.members[0].status->destage_trouble =
      "destaging waits: pwritev /srv/m1-v1.img: No space left on device";
  auto& m2 = *s.members[1].status;
  m2.link = link_state::connecting;
  m2.link_because = "connect 10.2.0.7:7330: Connection refused";
  m2.flow = "blocked(no connection)";
  m2.copy = "lagging";
  m2.stored = m2.sent = m2.received = sequence(160000);
  m2.behind_bytes = 417 * mib;
  m2.behind_records = 107018;
  m2.oldest_unstored_ms = *s.rpo_now - 300;
  m2.journal_bytes = 790 * mib;
  m2.volumes[1].failed = "pwrite volume m2-v2 at 4096: No space left on device";
  auto& m3 = s.members[2];
  m3.connected = m3.fresh = false;
  m3.because = "connect 127.0.0.1:7351: Connection refused";
  m3.heard = m3.read = 7300 + 1000 * tick;
  c.told.push_back({4, unix_ms() - 6800, "error", "The link of m2 is down: Connection refused."});
}

void set_hostile(canned_coordinator& c) {
  const std::string bad = "<img src=x onerror=alert(1)><script>window.hacked=1</script>\"'&";
  auto& s = c.now;
  s.verdict = s.group = s.coordinator = bad;
  s.holding = held_back{bad, bad, 5};
  for (auto& m : s.members) {
    m.name = m.because = bad;
    m.status->gateway = m.status->version = m.status->link_because = m.status->journal_failed =
        m.status->destage_trouble = m.status->flow = bad;
    for (auto& v : m.status->volumes) {
      v.name = v.failed = v.chap = bad;
      v.exports = {bad};
      v.sessions = {{bad, bad, 1}};
    }
  }
  for (auto& m : c.made) m.name = m.reason = m.outcome = bad;
  for (auto& e : c.told) e.sentence = e.level = bad;
}

void set_empty(canned_coordinator& c) {
  c.now.rpo_now.reset();
  c.now.oldest_unstored.reset();
  c.now.level = verdict_level::unknown;
  c.now.verdict = "Not known yet: no member has been heard since the coordinator started.";
  c.now.sealed = c.now.stored = c.now.applied = {};
  c.now.behind_bytes = c.now.behind_records = 0;
  for (auto& m : c.now.members) {
    m = {m.name, m.control, false, "connect 127.0.0.1:7331: Connection refused", {}, {}, false, {}};
  }
  c.made.clear();
  c.told.clear();
}

}  // namespace

void finish_operations(canned_coordinator& c) {
  const std::lock_guard hold(c.lock);
  for (auto& [id, o] : c.operations) {
    if (o.state != operation_state::running) continue;
    o.state = operation_state::done;
    o.ran_ms = 740;
    if (o.kind == "marker") {
      o.sentence = "Marker 4300 is sealed at every member.";
      o.marker = c.made.at(1);
      continue;
    }
    takeover_plan plan{
        {marker_number(4208), epoch(7)}, "newest common marker", 2600, false, {}, ""};
    for (const auto& m : c.now.members) {
      plan.members.push_back({m.name, sequence(191000), sequence(192059), 1059, 4U << 20});
    }
    if (o.kind == "takeover") plan.lineage = "7b1f6c1e-37c1-4c38-9a0b-9d0a5a6f3f10";
    o.takeover = plan;
  }
}

void set_scene(canned_coordinator& c, const std::string& scene, std::uint64_t tick) {
  const std::lock_guard hold(c.lock);
  set_fine(c, scene != "secondary", tick);
  if (scene == "degraded") set_degraded(c, tick);
  if (scene == "hostile") set_hostile(c);
  if (scene == "empty") set_empty(c);
}

}  // namespace cairn
