#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/doctor/findings_text.h"

namespace cairn::doctor {
namespace {

const group_titles two{{"disks", "Disks"}, {"clock", "Clock"}};

findings some() {
  return {warning("clock.synchronized", "Nothing keeps it right.", "run chrony"),
          ok("disks.space", "There is room."),
          problem("disks.file_system", "The journal is on tmpfs.\nSo is the state.", "move it"),
          unseen("disks.latency", "Not measured.")};
}

TEST(doctor_text, GroupsComeInTheirOrderEachFindingWithIconWordAndAdvice) {
  EXPECT_EQ(findings_text(some(), two, false),
            "Disks\n"
            "  ✓ ok        There is room.\n"
            "  ✗ problem   The journal is on tmpfs.\n"
            "              So is the state.\n"
            "              → move it\n"
            "  ? not seen  Not measured.\n"
            "\n"
            "Clock\n"
            "  ! warning   Nothing keeps it right.\n"
            "              → run chrony\n"
            "\n"
            "1 problem, 1 warning; 1 fine, 1 not seen\n");
}

TEST(doctor_text, HasColoursOnlyWhenTheyAreWanted) {
  EXPECT_EQ(findings_text(some(), two, false).find('\x1b'), std::string::npos);
  EXPECT_NE(findings_text(some(), two, true).find("\x1b[31m✗ problem "), std::string::npos);
}

// A coordinator's sentence comes from outside.
TEST(doctor_text, SentencesCannotSteerATerminal) {
  const auto text = findings_text({ok("clock.plausible", "It is\x1b[2J fine.")}, two, false);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(doctor_text, TheDocumentHasEveryFindingAndTheWorstLevel) {
  const auto document = nlohmann::json::parse(findings_json(some()));
  EXPECT_EQ(document.at("schema"), "cairn.doctor/1");
  EXPECT_EQ(document.at("level"), "problem");
  EXPECT_EQ(document.at("problems"), 1);
  EXPECT_EQ(document.at("warnings"), 1);
  ASSERT_EQ(document.at("findings").size(), 4u);
  EXPECT_EQ(document.at("findings")[3].at("level"), "unseen");
  EXPECT_EQ(document.at("findings")[0].at("advice"), "run chrony");
  const auto fine = nlohmann::json::parse(findings_json({ok("disks.space", "There is room.")}));
  EXPECT_EQ(fine.at("level"), "ok");
}

}  // namespace
}  // namespace cairn::doctor
