#include <gtest/gtest.h>

#include "cli/doctor/progress.h"

namespace cairn::doctor {
namespace {

constexpr const char* unit = "cairn-gateway.service";

finding silent(const progress_seen& p) { return judge_silent("x.y", "silent", "/g.toml", p); }

bool says(const finding& f, const std::string& word) {
  return (f.sentence + "\n" + f.advice).find(word) != std::string::npos;
}

TEST(doctor_progress, OneThatStartsIsWaitedFor) {
  for (const progress_seen& p :
       {progress_seen{unit, "activating", true, true}, progress_seen{"", "", false, true},
        progress_seen{"", "", std::nullopt, false}}) {
    EXPECT_EQ(silent(p).is, level::warning);
    EXPECT_TRUE(says(silent(p), "recovers its journals: wait"));
    EXPECT_FALSE(says(silent(p), "start it again"));
  }
}

TEST(doctor_progress, AChangedFileIsNamedOnlyWhereItWasChanged) {
  for (const progress_seen& p :
       {progress_seen{unit, "active", true, true}, progress_seen{"", "", true, true},
        progress_seen{"", "", std::nullopt, true}})
    EXPECT_EQ(silent(p),
              problem("x.y", "silent", "/g.toml was changed after its start: start it again"));
  const auto f = silent({unit, "active", true, false});
  EXPECT_EQ(f.is, level::problem);
  EXPECT_FALSE(says(f, "changed"));
  EXPECT_TRUE(says(f, "journalctl -u cairn-gateway.service"));
}

TEST(doctor_progress, TheStartOfAProgramIsBehindItsName) {
  EXPECT_EQ(started_at("7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 250 20\n", 100),
            2.5);
  EXPECT_FALSE(started_at("", 100));
  EXPECT_FALSE(started_at("7 (nbdkit) S 1 2", 100));
}

std::optional<unit_seen> shown(const std::string& text) {
  return read_unit(unit, "LoadState=loaded\n" + text);
}

finding judged(const std::string& text, std::optional<running_program> serves = {}) {
  return judge_running("gateway g", serves, shown(text), false, "systemctl start cairn-gateway");
}

TEST(doctor_progress, AServiceThatFailsWasStarted) {
  const auto again = judged("ActiveState=activating\nSubState=auto-restart\nResult=exit-code\n");
  EXPECT_EQ(again.is, level::problem);
  EXPECT_TRUE(says(again, "journalctl -u cairn-gateway.service -n 20"));
  EXPECT_FALSE(says(again, "reset-failed"));
  EXPECT_EQ(judged("ActiveState=activating\nSubState=start-pre\nNRestarts=3\n").is, level::problem);
  const auto once = judged("ActiveState=failed\nSubState=failed\nResult=exit-code\nNRestarts=0\n");
  EXPECT_EQ(once.is, level::problem);
  EXPECT_FALSE(says(once, "reset-failed"));
  for (const auto* result : {"start-limit-hit", "exit-code"}) {
    const auto given_up = judged(std::string("ActiveState=failed\nNRestarts=60\nResult=") + result);
    EXPECT_TRUE(says(given_up, "systemctl reset-failed cairn-gateway.service")) << result;
    EXPECT_TRUE(says(given_up, "60 times")) << result;
  }
}

TEST(doctor_progress, AServiceThatWasNotStartedOrStartsIsNoProblem) {
  EXPECT_TRUE(
      says(judged("ActiveState=inactive\nSubState=dead\nResult=success\n"), "never started"));
  EXPECT_EQ(judged("ActiveState=activating\nSubState=start-pre\nNRestarts=0\n").is, level::warning);
  running_program p;
  p.unit = unit;
  EXPECT_EQ(judged("ActiveState=activating\nSubState=start\nNRestarts=0\n", p).is, level::ok);
  EXPECT_EQ(judged("ActiveState=activating\nSubState=start\nNRestarts=2\n", p).is, level::warning);
  EXPECT_EQ(judged("ActiveState=active\nSubState=running\nNRestarts=2\n", p).is, level::ok);
  p.unit.clear();
  EXPECT_EQ(judged("ActiveState=failed\n", p).is, level::ok) << "this one was started by hand";
}

}  // namespace
}  // namespace cairn::doctor
