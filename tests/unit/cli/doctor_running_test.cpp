#include <gtest/gtest.h>

#include "cli/doctor/bounded_look.h"
#include "cli/doctor/child.h"
#include "cli/doctor/instances.h"
#include "cli/doctor/limits.h"
#include "cli/doctor/programs.h"
#include "cli/doctor/unit.h"

namespace cairn::doctor {
namespace {

TEST(doctor_running, KnowsAGatewayByTheConfigurationOnItsCommandLine) {
  program p;
  p.pid = 7;
  p.directory = "/etc/cairn";
  p.words = {
      "nbdkit",        "-f", "--threads", "16", "/usr/lib/nbdkit/plugins/nbdkit-cairn-plugin.so",
      "config=/g.toml"};
  EXPECT_EQ(cairn_program(p)->file, "/g.toml");
  EXPECT_TRUE(cairn_program(p)->gateway);
  p.words[4] = "file";
  EXPECT_FALSE(cairn_program(p)) << "another plugin's setting of the same name";
  p.words = {"/usr/sbin/cairn-gateway", "--config", "g.toml"};
  EXPECT_EQ(cairn_program(p)->file, "/etc/cairn/g.toml");
  p.words = {"cairn-coordinator", "--config=/c.toml"};
  EXPECT_EQ(cairn_program(p)->file, "/c.toml");
  EXPECT_FALSE(cairn_program(p)->gateway);
  p.words = {"vi", "--config", "/c.toml"};
  EXPECT_FALSE(cairn_program(p));
}

TEST(doctor_running, NamesTheUnitOfAnInstalledConfiguration) {
  EXPECT_EQ(by_unit("start", "/etc/cairn/gateway.toml", true), "systemctl start cairn-gateway");
  EXPECT_EQ(by_unit("restart", "/etc/cairn/coordinator-b.toml", false),
            "systemctl restart cairn-coordinator@b");
  EXPECT_EQ(by_unit("start", "/lab/m1.toml", true), "start cairn-gateway --config /lab/m1.toml");
}

TEST(doctor_openings, KnowsTheServiceThatAProgramBelongsTo) {
  EXPECT_EQ(service_in("0::/system.slice/cairn-gateway.service\n"), "cairn-gateway.service");
  EXPECT_EQ(service_in("4:memory:/\n1:name=systemd:/system.slice/system-cairn\\x2dgateway.slice/"
                       "cairn-gateway@x.service\n"),
            "cairn-gateway@x.service");
  EXPECT_EQ(service_in("0::/user.slice/user-0.slice/session-3.scope\n"), "");
  EXPECT_EQ(service_in(""), "");
}

TEST(doctor_unit, WhatAnotherServiceOrNoneStartedWasStartedByHand) {
  const std::optional unit(read_unit("cairn-gateway.service", "LoadState=loaded\n"));
  running_program p;
  EXPECT_FALSE(by_hand(std::nullopt, unit));
  EXPECT_TRUE(by_hand(p, unit));
  p.unit = "cron.service";
  EXPECT_TRUE(by_hand(p, unit));
  p.unit = "cairn-gateway.service";
  EXPECT_FALSE(by_hand(p, unit));
  EXPECT_TRUE(by_hand(p, std::nullopt));
}

TEST(doctor_openings, AnOpeningIsWritableOrLockedAsFdinfoSays) {
  const auto reader = read_fdinfo("pos:\t0\nflags:\t0100000\nmnt_id:\t27\n");
  EXPECT_FALSE(reader.writable);
  EXPECT_FALSE(reader.locked);
  const auto holder = read_fdinfo(
      "pos:\t0\nflags:\t02100002\nmnt_id:\t27\n"
      "lock:\t1: OFDLCK ADVISORY  WRITE -1 fe:00:10972360 0 EOF\n");
  EXPECT_TRUE(holder.writable);
  EXPECT_TRUE(holder.locked);
}

TEST(doctor_instances, TwoWithOneJournalAreAProblemThatNamesBoth) {
  const claimant a{"gateway a", "/a.toml", {1}, {{"the journal", "/j", "254 12"}}};
  const claimant b{"gateway b", "/b.toml", {2}, {{"the journal", "/link", "254 12"}}};
  const claimant c{"gateway c", "/c.toml", {3}, {{"the journal", "/k", "254 13"}}};
  const auto found = judge_claims({a, b, c});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].is, level::problem);
  EXPECT_NE(found[0].sentence.find("gateway a and gateway b"), std::string::npos);
}

TEST(doctor_instances, OneConfigurationRunsOnce) {
  EXPECT_TRUE(judge_claims({{"gateway a", "/a.toml", {1}, {}}}).empty());
  EXPECT_EQ(judge_claims({{"gateway a", "/a.toml", {1, 2}, {}}}).size(), 1u);
}

const char* const limits_text =
    "Limit                     Soft Limit           Hard Limit           Units     \n"
    "Max file size             unlimited            unlimited            bytes     \n"
    "Max open files            256                  20000                files     \n"
    "Max realtime priority     0                    0                    \n";

TEST(doctor_limits, TooFewOpenFilesAreAProblem) {
  auto s = read_limits(limits_text, "Name:\tnbdkit\nCapEff:\t0000000000800000\n");
  ASSERT_TRUE(s);
  EXPECT_EQ(s->open_files, 256u);
  EXPECT_FALSE(s->file_bytes);
  EXPECT_TRUE(s->may_raise_it) << "bit 23 is CAP_SYS_NICE";
  auto found = judge_limits(*s, 1 << 30);
  EXPECT_EQ(found.at(0).is, level::problem);
  EXPECT_EQ(count_of(found, level::problem), 1u);
  s->open_files = open_files_min;
  EXPECT_EQ(count_of(judge_limits(*s, 1 << 30), level::ok), 2u);
  s->open_files = std::nullopt;
  EXPECT_EQ(count_of(judge_limits(*s, 1 << 30), level::ok), 2u);
}

TEST(doctor_limits, WithoutPriorityMarkersWaitLonger) {
  const auto s = read_limits(limits_text, "CapEff:\t0000000000000000\n");
  EXPECT_EQ(judge_limits(*s, 1).at(1).is, level::warning);
}

TEST(doctor_limits, FilesMustBeAllowedToBeAsLargeAsTheVolumes) {
  limits_seen s;
  s.priority = 1;
  s.file_bytes = 1 << 20;
  EXPECT_EQ(count_of(judge_limits(s, 1 << 20), level::problem), 0u);
  EXPECT_EQ(count_of(judge_limits(s, (1 << 20) + 1), level::problem), 1u);
}

TEST(doctor_limits, WhatIsNoListOfLimitsIsNotJudged) { EXPECT_FALSE(read_limits("", "")); }

TEST(doctor_limits, AQuotaMustHaveRoomForTheJournals) {
  EXPECT_EQ(judge_quota({"/srv", 10, 30}, 20).is, level::ok);
  EXPECT_EQ(judge_quota({"/srv", 10, 30}, 21).is, level::problem);
}

TEST(doctor_programs, AnOldNbdkitIsAProblem) {
  EXPECT_EQ(judge_nbdkit("nbdkit 1.32.5 (nbdkit-1.32.5-1)\n").is, level::ok);
  EXPECT_EQ(judge_nbdkit("nbdkit 2.0\n").is, level::ok);
  EXPECT_EQ(judge_nbdkit("nbdkit 1.30.9\n").is, level::problem);
  EXPECT_EQ(judge_nbdkit("something else\n").is, level::warning);
}

TEST(doctor_programs, AllMustBeOfOneVersion) {
  EXPECT_EQ(judge_version("0.1.0 (a)", "cairn-gateway", "0.1.0 (a)").is, level::ok);
  EXPECT_EQ(judge_version("0.1.0 (a)", "cairn-gateway", "0.1.0 (b)").is, level::warning);
  EXPECT_EQ(judge_version("0.1.0", "cairn-gateway", "").is, level::problem);
  EXPECT_EQ(judge_version("0.2.0", "cairn-gateway", "0.1.0").is, level::problem);
}

TEST(doctor_programs, SeesThatAnUpgradeReplacedWhatRuns) {
  const std::string maps =
      "7f00-7f01 r-xp 00000000 fe:00 12 /usr/lib/nbdkit/plugins/nbdkit-cairn-plugin.so (deleted)\n"
      "7f01-7f02 r--p 00001000 fe:00 12 /usr/lib/nbdkit/plugins/nbdkit-cairn-plugin.so (deleted)\n"
      "7f02-7f03 rw-s 00000000 00:01 13 /memfd:x (deleted)\n"
      "7f03-7f04 r-xp 00000000 fe:00 14 /usr/sbin/nbdkit\n";
  EXPECT_EQ(replaced_files(maps),
            std::vector<std::string>{"/usr/lib/nbdkit/plugins/nbdkit-cairn-plugin.so"});
}

// As `systemctl show` prints it.
constexpr const char* shipped =
    "LoadState=loaded\nActiveState=failed\nUser=cairn\nSupplementaryGroups=disk tape\n"
    "ProtectSystem=strict\nProtectHome=yes\nPrivateTmp=yes\nStateDirectory=cairn\n"
    "RuntimeDirectory=cairn\nReadWritePaths=-/srv/a +/srv/my\\x20disk\nPrivateDevices=no\n"
    "DevicePolicy=closed\nDeviceAllow=/dev/vg0/v1 rw\nDeviceAllow=block-device-* rwm\n"
    "DeviceAllow=/dev/vg0/v2 r\n";

TEST(doctor_unit, ReadsWhatTheServiceManagerShows) {
  const auto u = read_unit("cairn-gateway.service", shipped).value();
  EXPECT_EQ(u.user, "cairn");
  EXPECT_EQ(u.groups, (std::vector<std::string>{"disk", "tape"}));
  EXPECT_EQ(u.writable,
            (std::vector<std::string>{"/srv/a", "/srv/my disk", "/var/lib/cairn", "/run/cairn"}));
  EXPECT_EQ(u.devices, (std::vector<std::string>{"/dev/vg0/v1", "block-device-*"}));
  EXPECT_FALSE(read_unit("x", "LoadState=not-found\nActiveState=inactive\n"));
  EXPECT_FALSE(read_unit("x", ""));
}

TEST(doctor_unit, WhatItMayNotWriteIsAProblemThatNamesTheDropIn) {
  const auto u = read_unit("cairn-gateway@x.service", shipped).value();
  const auto judged = [&](const std::string& path) {
    return judge_written(u, "the journal of m1", path, path);
  };
  for (const auto* path : {"/var/lib/cairn/m1/journal", "/srv/a", "/srv/my disk/j"})
    EXPECT_EQ(judged(path).is, level::ok) << path;
  for (const auto* path : {"/srv/ab", "/srv", "/var/lib/cairn2", "/home/cairn/j", "/tmp/j"})
    EXPECT_EQ(judged(path).is, level::problem) << path;
  EXPECT_EQ(judged("/data/j").advice,
            "systemctl edit cairn-gateway@x.service: [Service] ReadWritePaths=/data/j, a directory "
            "that is there; then systemctl restart cairn-gateway@x.service");
  auto open = u;
  open.read_only = false;
  EXPECT_EQ(judge_written(open, "the state of m1", "/data/s", "/data/s").is, level::ok);
}

TEST(doctor_unit, ABlockDeviceMustBeNamed) {
  auto u = read_unit("cairn-gateway.service", shipped).value();
  const auto judged = [&](const std::string& path, const std::string& driver) {
    return judge_unit_device(u, {"db", path, {path}, driver});
  };
  EXPECT_EQ(judged("/dev/vg0/v1", "sd").is, level::ok);
  EXPECT_EQ(judged("/dev/vg0/v2", "device-mapper").is, level::ok);
  EXPECT_EQ(judged("/dev/vg0/v2", "sd").is, level::problem);  // to read only
  EXPECT_NE(judged("/dev/sdb", "sd").advice.find("DeviceAllow=/dev/sdb rw"), std::string::npos);
  u.has_devices = false;
  EXPECT_EQ(judged("/dev/vg0/v1", "sd").is, level::problem);
  const auto free = read_unit("x", "LoadState=loaded\nDevicePolicy=auto\n").value();
  EXPECT_EQ(judge_unit_device(free, {"db", "/dev/sdb", {"/dev/sdb"}, "sd"}).is, level::ok);
}

TEST(doctor_unit, KnowsTheDriverOfABlockDevice) {
  const std::string devices = "Character devices:\n  8 tape\n\nBlock devices:\n  8 sd\n253 dm\n";
  EXPECT_EQ(block_driver(devices, 8), "sd");
  EXPECT_EQ(block_driver(devices, 9), "");
}

TEST(doctor_child, GivesWhatAProgramPrintedAndEndsOneThatHangs) {
  EXPECT_EQ(output_of({"echo", "nbdkit 1.32"}).value(), "nbdkit 1.32\n");
  EXPECT_EQ(output_of({"no-such-program-at-all"}).error().code, ENOENT);
  EXPECT_EQ(output_of({"false"}).error().code, EIO);
  EXPECT_EQ(output_of({"sleep", "60"}, std::chrono::milliseconds(50)).error().code, ETIMEDOUT);
}

TEST(doctor_disks, OneThatHangsIsAProblemAndTheRestGoesOn) {
  const auto mounts = parse_mounts(
      "27 1 254:0 / / rw - ext4 /dev/vda rw\n40 27 0:50 / /srv/slow rw - nfs4 host:/ rw\n");
  disk_watch disks;
  const auto look = [&] {
    findings out;
    for (const std::string path : {"/a", "/srv/slow/j", "/b", "/srv/slow/v"}) {
      const disk_look at(disks, path);
      if (!at) continue;
      if (path.starts_with("/srv/slow")) pause();
      at.goes_on();
      out.push_back(warning("disks.latency", path + ": \n\xff\0é", "12:3"));
    }
    return out;
  };
  const auto found = bounded_look(disks, mounts, look, std::chrono::milliseconds(100));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].check, "disks.answers");
  EXPECT_EQ(found[0].is, level::problem);
  EXPECT_NE(found[0].sentence.find("under /srv/slow/j has not"), std::string::npos);
  EXPECT_EQ(found[1], warning("disks.latency", "/a: \n\xff\0é", "12:3"));
  EXPECT_EQ(found[2].sentence.substr(0, 2), "/b");
  EXPECT_EQ(bounded_look(disks, mounts, look).size(), 2u);  // it is not touched again
}

TEST(doctor_disks, ACheckThatEndsBeforeItIsDoneIsToldSo) {
  disk_watch disks;
  const auto found = bounded_look(disks, {}, []() -> findings { _exit(0); });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].is, level::unseen);
}

TEST(doctor_disks, OfTheRootOnlyThePathItselfIsGivenUp) {
  const auto mounts = parse_mounts(
      "27 1 254:0 / / rw - ext4 /dev/vda rw\n28 27 0:5 / /dev rw - devtmpfs udev rw\n");
  disk_watch disks;
  disks.give_up("/srv/j", mounts);
  disks.give_up("/dev/sdb", mounts);
  EXPECT_TRUE(disks.hangs("/srv/j/lock"));
  EXPECT_FALSE(disks.hangs("/srv/jay"));
  EXPECT_FALSE(disks.hangs("/dev/sdc"));
}

}  // namespace
}  // namespace cairn::doctor
