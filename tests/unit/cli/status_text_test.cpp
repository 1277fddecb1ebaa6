#include "cli/status_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/takeover_text.h"

namespace cairn {
namespace {

const char* const summary = R"json({
  "schema": "cairn.summary/1", "display_unix_ms": 1000,
  "coordinator": {"name": "site-a", "role": "primary", "phase": "", "epoch": 7, "up_ms": 65000},
  "group": {"name": "lab", "verdict": "At most 6.8 s would be lost.", "level": "warning",
    "rpo_now_ms": 6800, "rpo_at_least": false, "rpo_target_ms": 5000,
    "sealed": {"number": 42, "epoch": 7, "age_ms": 240}, "stored": null, "applied": null,
    "oldest_unstored_ms": 6500, "behind_bytes": 1536, "behind_records": 3,
    "holding_back": {"member": "m2", "because": "its link is down", "since_ms": 6800},
    "taken_over": null},
  "members": [
    {"name": "m1", "control": "127.0.0.1:7331", "because": "", "fresh": false,
     "heard_age_ms": 9000, "read_age_ms": 9000, "status": {
       "role": "primary", "link": "connected", "link_because": "", "role_because": "",
       "journal_failed": "", "flow": "blocked(no space)", "copy": "in-sync", "behind_bytes": 512,
       "behind_records": 1, "applied_marker": {"number": 41, "epoch": 7},
       "watermarks": {"finished": 12345, "durable": 12340, "sent": 12000, "stored": 11000,
                      "applied": 10000},
       "volumes": [{"name": "v1", "size_bytes": 1048576, "behind_bytes": 512, "behind_records": 1,
                    "failed": "pwrite volume v1 at 4096: No space left on device"}]}},
    {"name": "m2", "control": "127.0.0.1:7332", "because": "Connection refused", "fresh": false,
     "heard_age_ms": null, "read_age_ms": null, "status": null}]})json";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(schema, ADocumentOfAnotherOneIsNamedAndNotRead) {
  EXPECT_EQ(schema_problem(summary, "cairn.summary/1"), "");
  EXPECT_EQ(schema_problem(R"({"schema": "cairn.summary/2"})", "cairn.summary/1"),
            "the coordinator answers in cairn.summary/2, this command reads cairn.summary/1; use "
            "the one of the coordinator's version");
  EXPECT_TRUE(has(schema_problem("[]", "cairn.summary/1"), "no known schema"));
  EXPECT_TRUE(has(schema_problem(R"({"schema": 7})", "cairn.summary/1"), "no known schema"));
}

TEST(status_text, BeginsWithTheVerdictAndWhoHoldsItBack) {
  const auto text = status_text(summary, false);
  EXPECT_TRUE(text.starts_with(
      "WARNING: At most 6.8 s would be lost.\n  held back by m2 for 6.8 s: its link is down\n"))
      << text;
}

TEST(status_text, ShowsMarkersWatermarksAndEveryErrorSentence) {
  const auto text = status_text(summary, false);
  for (const char* part :
       {"sealed   #42 (epoch 7), 240 ms old", "applied  none", "1.5 KiB in 3 records", "12,345",
        "10,000 #41", "! flow blocked(no space)", "! not heard for 9.0 s", "! Connection refused",
        "! pwrite volume v1 at 4096: No space left on device"}) {
    EXPECT_TRUE(has(text, part)) << part << "\n" << text;
  }
}

TEST(status_text, ShowsWhoIsLoggedInToAVolume) {
  auto j = nlohmann::json::parse(summary);
  j["members"][0]["status"]["volumes"][0]["sessions"] = {
      {{"initiator", "iqn.x:\x1b[2Ja"}, {"address", "10.0.0.2:40000"}, {"tasks", 3}}};
  const auto text = status_text(j.dump(), false);
  EXPECT_TRUE(has(text, "session of iqn.x:?[2Ja at 10.0.0.2:40000, 3 commands under way")) << text;
}

TEST(status_text, SaysWhatDestagingWaitsFor) {
  auto j = nlohmann::json::parse(summary);
  j["members"][0]["status"]["destage_trouble"] = "destaging waits: No space left on device";
  EXPECT_TRUE(has(status_text(j.dump(), false), "  ! destaging waits: No space left on device"));
}

TEST(status_text, DoesNotCallALinkConnectedFromAnOldReading) {
  EXPECT_FALSE(has(status_text(summary, false), "connected"));
}

TEST(status_text, ColoursOnlyWhenItMay) {
  EXPECT_FALSE(has(status_text(summary, false), "\x1b"));
  EXPECT_TRUE(has(status_text(summary, true), "\x1b[1;33mWARNING"));
}

TEST(status_json, IsTheSummaryUnderItsOwnSchema) {
  const auto j = nlohmann::json::parse(status_json(summary));
  EXPECT_EQ(j["schema"], "cairn.status/1");
  EXPECT_EQ(j["group"]["behind_bytes"], 1536);
}

TEST(markers_text, ShowsHowFarEachMarkerCameAndWhyOneIsVoid) {
  const auto text = markers_text(R"({"display_unix_ms": 5000, "markers": [
    {"number": 8, "epoch": 2, "name": "", "outcome": "void", "reason": "m1 let go by itself",
     "display_unix_ms": 4000, "held_max_us": 50000, "stored": false, "applied": false},
    {"number": 7, "epoch": 2, "name": "nightly", "outcome": "sealed", "reason": "",
     "display_unix_ms": 3000, "held_max_us": 612, "stored": true, "applied": true}]})");
  for (const char* part : {"#8", "void", "1.0 s", "50.00 ms", "! m1 let go by itself", "#7",
                           "applied", "612 µs", "nightly"}) {
    EXPECT_TRUE(has(text, part)) << part << "\n" << text;
  }
}

TEST(takeover_text, TellsTheMarkerItsAgeAndWhatWasNotIncluded) {
  const std::string plan = R"("takeover": {"at": {"number": 9, "epoch": 2}, "age_ms": 1500,
    "age_at_least": true, "why": "newest common marker", "lineage": "L", "members": [
    {"name": "m1", "marker_at": 100, "stored": 130, "beyond_records": 30, "beyond_bytes": 4096}]}})";
  const auto ran = takeover_text(R"({"kind": "takeover", "ran_ms": 740, )" + plan);
  for (const char* part : {"Taken over at marker #9 (epoch 2), at least 1.5 s old", "  30  ",
                           "4.0 KiB", "New lineage L", "It took 740 ms."}) {
    EXPECT_TRUE(has(ran, part)) << part << "\n" << ran;
  }
  const auto planned = takeover_text(R"({"kind": "takeover-plan", "ran_ms": 1, )" + plan);
  EXPECT_TRUE(planned.starts_with("A takeover would bring the group to marker #9")) << planned;
  EXPECT_FALSE(has(planned, "lineage"));
}

}  // namespace
}  // namespace cairn
