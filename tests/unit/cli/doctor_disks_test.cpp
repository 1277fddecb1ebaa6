#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include "cli/doctor/clock.h"
#include "cli/doctor/file_systems.h"
#include "cli/doctor/flushes.h"
#include "cli/doctor/modes.h"
#include "cli/doctor/readable.h"
#include "cli/doctor/space.h"

namespace cairn::doctor {
namespace {

constexpr std::uint64_t gib = 1ULL << 30;

TEST(doctor_space, AJournalThatCannotGrowToItsBoundIsAProblem) {
  EXPECT_EQ(judge_space({"/srv", 16 * gib, 16 * gib, 0}).is, level::problem);
  EXPECT_EQ(judge_space({"/srv", 16 * gib + space_margin_bytes, 16 * gib, 0}).is, level::ok);
}

TEST(doctor_space, SparseVolumesThatDoNotFitAreAWarning) {
  EXPECT_EQ(judge_space({"/srv", 20 * gib, 16 * gib, 8 * gib}).is, level::warning);
  EXPECT_EQ(judge_space({"/srv", 25 * gib, 16 * gib, 8 * gib}).is, level::ok);
}

TEST(doctor_space, WhatThisUserMayNotSeeIsNotCalledAProblem) {
  EXPECT_EQ(judge_space({"/srv", 1 * gib, 16 * gib, 0, true}).is, level::unseen);
  EXPECT_EQ(judge_space({"/srv", 20 * gib, 16 * gib, 0, true}).is, level::ok);
}

TEST(doctor_file_systems, AJournalLastsOnALocalDiskOnly) {
  for (const auto* type : {"ext4", "xfs", "btrfs"})
    EXPECT_EQ(judge_place("the journal", "/j", type, false).is, level::ok) << type;
  for (const auto* type : {"tmpfs", "ramfs", "overlay", "nfs4", "cifs"})
    EXPECT_EQ(judge_place("the journal", "/j", type, false).is, level::problem) << type;
  EXPECT_EQ(judge_place("the journal", "/j", "ubifs", false).is, level::warning);
}

TEST(doctor_file_systems, ABackingFileMayLieOnAServerButNotInMemory) {
  EXPECT_EQ(judge_place("volume db", "/v", "nfs4", true).is, level::ok);
  EXPECT_EQ(judge_place("volume db", "/v", "tmpfs", true).is, level::problem);
}

TEST(doctor_mounts, TheDeepestAndLatestMountWins) {
  const auto all = parse_mounts(
      "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
      "40 27 0:50 / /var/lib/my\\040cairn rw shared:7 master:1 - tmpfs tmpfs rw,size=1g\n"
      "41 27 7:1 / /var/lib/my\\040cairn rw - xfs /dev/loop1 rw\n"
      "nonsense\n");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(mount_of(all, "/var/lib/my cairn/journal").type, "xfs");
  EXPECT_EQ(mount_of(all, "/var/lib/my cairn/journal").device, makedev(7, 1));
  EXPECT_EQ(mount_of(all, "/var/lib/my cairns").source, "/dev/vda");
  EXPECT_EQ(mount_of({}, "/var").type, "");
}

TEST(doctor_mounts, WhatIsNotThereYetLiesWhereItsNearestParentDoes) {
  EXPECT_EQ(existing_part("/proc/no/such/thing"), "/proc");
  EXPECT_EQ(existing_part("/no-such-thing/at/all"), "/");
}

TEST(doctor_flushes, SlowFlushesAreAWarning) {
  using std::chrono::microseconds;
  const flush_times fast{microseconds(900), microseconds(400'000)};
  EXPECT_EQ(judge_flushes("/j", fast).is, level::ok);
  EXPECT_NE(judge_flushes("/j", fast).sentence.find("900 µs"), std::string::npos);
  EXPECT_EQ(judge_flushes("/j", {microseconds(30'001), microseconds(31'000)}).is, level::warning);
}

TEST(doctor_flushes, TellsOfAVolatileWriteCache) {
  EXPECT_NE(tell_write_cache("/j", "write back").sentence.find("volatile write cache: flushes"),
            std::string::npos);
  EXPECT_NE(tell_write_cache("/j", "write through").sentence.find("no volatile"),
            std::string::npos);
}

TEST(doctor_modes, NobodyElseMayLookIntoAJournal) {
  const mode_seen mine{"the journal of m1", "/j", 0700, 1000, true};
  EXPECT_EQ(judge_mode(mine, 1000).is, level::ok);
  EXPECT_EQ(judge_mode(mine, std::nullopt).is, level::ok);
  auto open = mine;
  open.mode = 0701;
  EXPECT_EQ(judge_mode(open, 1000).is, level::problem);
  EXPECT_EQ(judge_mode(open, 1000).advice, "chmod o= /j");
}

TEST(doctor_modes, AJournalBelongsToWhoRunsTheGateway) {
  const auto f = judge_mode({"the journal of m1", "/j", 0700, 0, true}, 4'000'000'000u);
  EXPECT_EQ(f.is, level::problem);
  EXPECT_EQ(f.advice, "chown -R 4000000000 /j");
}

TEST(doctor_modes, RootThatTookTheServicesPlaceMakesWayAndGetsNoFiles) {
  const mode_seen services{"the journal of m1", "/j", 0700, 1000, true};
  EXPECT_EQ(judge_mode(services, 0).is, level::ok) << "root needs not own it";
  const auto f =
      judge_root_by_hand("gateway g", 8, "cairn", {"/s", "/j"}, "systemctl start cairn-gateway");
  EXPECT_EQ(f.is, level::problem);
  EXPECT_EQ(f.advice, "stop it, then chown -R cairn /s /j, then systemctl start cairn-gateway");
}

TEST(doctor_modes, OthersMayReadAConfigurationButNotChangeIt) {
  EXPECT_EQ(judge_config_mode({"the configuration", "/c", 0644, 0, false}).is, level::ok);
  EXPECT_EQ(judge_config_mode({"the configuration", "/c", 0646, 0, false}).is, level::problem);
  EXPECT_EQ(judge_config_mode({"its directory", "/c", 0777, 0, true}).is, level::problem);
  EXPECT_EQ(judge_config_mode({"its directory", "/tmp", 01777, 0, true}).is, level::ok);
}

TEST(doctor_modes, TheUserOfTheServiceMustBeAbleToReadTheConfiguration) {
  const service_user cairn{990, "cairn", "cairn", {991, 6}};
  const step_seen top{"/etc/cairn", 0750, 0, 991, true}, file{"/etc/cairn/g.toml", 0640, 0, 991};
  const auto judged = [&](const step_seen& a, const step_seen& b) {
    return judge_readable("the configuration", {a, b}, cairn);
  };
  EXPECT_EQ(judged(top, file).is, level::ok);
  auto roots = file;
  roots.group = 0;
  EXPECT_EQ(judged(top, roots).is, level::problem);
  EXPECT_EQ(judged(top, roots).advice,
            "chgrp cairn /etc/cairn/g.toml && chmod 640 /etc/cairn/g.toml");
  roots.mode = 0644;
  EXPECT_EQ(judged(top, roots).is, level::ok);
  auto closed = top;
  closed.group = 0;
  EXPECT_EQ(judged(closed, roots).is, level::problem);
  EXPECT_NE(judged(closed, roots).advice.find("chmod g+x /etc/cairn"), std::string::npos);
}

TEST(doctor_modes, TheFirstClassThatFitsDecidesWhoMayRead) {
  const auto judged = [](mode_t mode, uid_t owner, gid_t group, bool acl = false) {
    const step_seen file{"/g.toml", mode, owner, group, false, acl};
    return judge_readable("the configuration", {file}, {990, "cairn", "cairn", {991, 6}}).is;
  };
  EXPECT_EQ(judged(0400, 990, 0), level::ok);
  EXPECT_EQ(judged(0077, 990, 991), level::problem);
  EXPECT_EQ(judged(0707, 0, 991), level::problem);
  EXPECT_EQ(judged(0040, 0, 6), level::ok);        // a supplementary group
  EXPECT_EQ(judged(0600, 0, 0, true), level::ok);  // the list may name it
  const step_seen file{"/g.toml", 0, 1000, 1000};
  EXPECT_EQ(judge_readable("the configuration", {file}, {0, "root", "root", {0}}).is, level::ok);
}

TEST(doctor_clock, AnImplausibleClockIsAWarning) {
  EXPECT_EQ(judge_clock(2026, true).is, level::ok);
  EXPECT_EQ(judge_clock(1970, true).is, level::warning);
  EXPECT_EQ(judge_clock(2027, false).check, "clock.synchronized");
  EXPECT_EQ(judge_clock(2027, false).is, level::warning);
}

TEST(doctor_clock, AFileFromTheFutureSaysThatItWentBack) {
  EXPECT_EQ(judge_newest("/s", {"/s/catalog.db", -3}).is, level::ok);
  EXPECT_EQ(judge_newest("/s", {"/s/catalog.db", ahead_max_s}).is, level::ok);
  const auto f = judge_newest("/s", {"/s/catalog.db", 86'400 + ahead_max_s});
  EXPECT_EQ(f.is, level::problem);
  EXPECT_NE(f.sentence.find("/s/catalog.db"), std::string::npos);
}

}  // namespace
}  // namespace cairn::doctor
