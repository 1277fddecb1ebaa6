#include "gateway/service_sentence.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

member_status a_member(const std::string& name) {
  member_status m;
  m.member = name;
  m.role = member_role::primary;
  m.link = link_state::connected;
  m.volumes.resize(2);
  return m;
}

TEST(service_sentence, CountsWhatIsServed) {
  EXPECT_EQ(service_sentence({a_member("m1"), a_member("m2")}, {true, true}),
            "2 members, 4 volumes, 2 links connected");
}

TEST(service_sentence, AMemberWithoutAPeerMissesNoLink) {
  auto m = a_member("m1");
  m.link = link_state::connecting;
  m.volumes.resize(1);
  EXPECT_EQ(service_sentence({m}, {false}), "1 member, 1 volume");
}

TEST(service_sentence, WhatIsWrongComesFirstAndNamesItsMember) {
  auto lost = a_member("m1"), failed = a_member("m2"), fenced = a_member("m3");
  lost.link = link_state::refused;
  lost.link_because = "another lineage";
  failed.volumes[1].name = "v2";
  failed.volumes[1].failed = "pwritev: Input/output error";
  fenced.role = member_role::fenced;
  fenced.role_because = "taken over";
  EXPECT_EQ(service_sentence({lost, failed, fenced}, {true, true, true}),
            "m1: link refused: another lineage; m2: volume v2 failed: pwritev: Input/output error; "
            "m3: fenced: taken over; 3 members, 6 volumes, 2 links connected");
}

TEST(service_sentence, AFailedJournalIsSaidBeforeAnythingElse) {
  auto m = a_member("m1");
  m.journal_failed = "fdatasync: Input/output error";
  m.role = member_role::fenced;
  EXPECT_TRUE(
      service_sentence({m}, {true}).starts_with("m1: journal failed: fdatasync: Input/output"));
}

TEST(service_sentence, SaysWhatDestagingWaitsFor) {
  auto m = a_member("m1");
  m.destage_trouble = "destaging waits: pwritev v.img: No space left on device";
  EXPECT_EQ(service_sentence({m}, {true}),
            "m1: destaging waits: pwritev v.img: No space left on device; 1 member, 2 volumes, "
            "1 link connected");
}

}  // namespace
}  // namespace cairn
