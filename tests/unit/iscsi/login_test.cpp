#include "iscsi/login.h"

#include "tests/unit/iscsi/login_fixture.h"

namespace cairn::iscsi {
namespace {

using logging_in = login_fixture;

TEST_F(logging_in, LinuxGoesStraightFromNegotiationToFullFeaturePhase) {
  const auto r = send(request_fields{}, named({{"SessionType", "Normal"},
                                               {"HeaderDigest", "CRC32C,None"},
                                               {"InitialR2T", "No"},
                                               {"MaxRecvDataSegmentLength", "262144"}}));
  ASSERT_TRUE(r.established) << r.because;
  EXPECT_FALSE(r.close);
  const auto& h = r.response.head;
  EXPECT_TRUE(h.is(opcode::login_response));
  EXPECT_EQ(h.flags(), 0x87);
  EXPECT_EQ(h.u16(2), 0);  // versions
  EXPECT_EQ(h.number(field::isid, 6), 0x00023d000001u);
  EXPECT_EQ(h.u16(field::tsih), 9);
  EXPECT_EQ(h.task_tag(), 0x1234u);
  EXPECT_EQ(h.u32(field::exp_cmd_sn), 77u);
  EXPECT_EQ(status(r), 0u);
  EXPECT_EQ(keys_of(r), (text_list{{"TargetAlias", "m1-v1"},
                                   {"TargetPortalGroupTag", "1"},
                                   {"HeaderDigest", "CRC32C"},
                                   {"InitialR2T", "No"},
                                   {"MaxRecvDataSegmentLength", "262144"}}));
  EXPECT_EQ(under_test->tsih(), 9);
  EXPECT_EQ(under_test->next_cmd_sn(), 77u);
  EXPECT_EQ(under_test->next_stat_sn(), h.u32(field::stat_sn) + 1);
  EXPECT_TRUE(under_test->parameters().header_digest);
  EXPECT_EQ(under_test->parameters().send_data_max, 262144u);
}

TEST_F(logging_in, TheSessionIsOpenedOnceForWhoLogsIn) {
  send({.tsih = 5}, {{"InitiatorName", "IQN.1993-08.org.Debian:01:abc"},
                     {"TargetName", "IQN.2026-11.io.cairn:lab.m1-v1"}});
  ASSERT_EQ(opened_for.size(), 1u);
  EXPECT_EQ(opened_for[0].initiator, initiator_name);
  EXPECT_EQ(opened_for[0].target, target_name);
  EXPECT_EQ(opened_for[0].isid, 0x00023d000001u);
  EXPECT_FALSE(opened_for[0].discovery);
  EXPECT_EQ(tsih_asked, 5);
  EXPECT_EQ(opened_for[0].initiator_port(), "iqn.1993-08.org.debian:01:abc,i,0x00023d000001");
}

TEST_F(logging_in, AllStagesPassOneByOneAndStatSnAdvancesByOne) {
  const auto first = send({.from = 0, .to = 1}, named({{"AuthMethod", "None"}}));
  EXPECT_EQ(first.response.head.flags(), 0x81);
  EXPECT_EQ(value(first, "MaxRecvDataSegmentLength"), "(absent)");
  const auto second = send({.from = 1, .transit = false}, {{"DataDigest", "None"}});
  EXPECT_EQ(second.response.head.flags(), 0x04);
  EXPECT_EQ(value(second, "MaxRecvDataSegmentLength"), "262144");
  const auto third = send(request_fields{}, {});
  EXPECT_EQ(third.response.head.flags(), 0x87);
  EXPECT_TRUE(third.established);
  EXPECT_TRUE(third.response.data.empty());
  EXPECT_EQ(first.response.head.u16(field::tsih), 0);
  EXPECT_EQ(third.response.head.u16(field::tsih), 9);
  const auto stat_sn = first.response.head.u32(field::stat_sn);
  EXPECT_EQ(second.response.head.u32(field::stat_sn), stat_sn + 1);
  EXPECT_EQ(third.response.head.u32(field::stat_sn), stat_sn + 2);
}

TEST_F(logging_in, TheSecurityStageMayLeadStraightToFullFeaturePhase) {
  EXPECT_TRUE(send({.from = 0, .to = 3}, named({{"AuthMethod", "None"}})).established);
}

TEST_F(logging_in, LibiscsiSaysItsNamesAgainInTheNextStage) {
  send({.from = 0, .to = 1}, named({{"SessionType", "Normal"}, {"AuthMethod", "CHAP,None"}}));
  EXPECT_TRUE(
      send(request_fields{}, named({{"SessionType", "Normal"}, {"InitialR2T", "No"}})).established);
}

TEST_F(logging_in, AnotherNameInTheNextStageFails) {
  send({.from = 0, .to = 1}, named());
  EXPECT_EQ(status(send(request_fields{}, {{"InitiatorName", "iqn.2000-01.a:b"}})), 0x0200u);
}

TEST_F(logging_in, ADiscoverySessionNeedsNoTarget) {
  const auto r = send(request_fields{}, {{"InitiatorName", initiator_name},
                                         {"SessionType", "Discovery"},
                                         {"MaxBurstLength", "16776192"}});
  EXPECT_TRUE(r.established);
  EXPECT_EQ(value(r, "TargetPortalGroupTag"), "(absent)");
  EXPECT_EQ(value(r, "MaxBurstLength"), "Irrelevant");
  EXPECT_TRUE(opened_for.at(0).discovery);
  EXPECT_EQ(opened_for.at(0).target, "");
}

TEST_F(logging_in, ATextMayComeInSeveralRequests) {
  const auto text = encode_text(named({{"InitialR2T", "No"}}));
  const bytes front(text.begin(), text.begin() + 20), back(text.begin() + 20, text.end());
  const auto first = send_text({.transit = false, .more = true}, front);
  EXPECT_EQ(first.response.head.flags(), 0x04);
  EXPECT_TRUE(first.response.data.empty());
  EXPECT_TRUE(opened_for.empty());
  const auto second = send_text(request_fields{}, back);
  EXPECT_TRUE(second.established) << second.because;
  EXPECT_EQ(value(second, "InitialR2T"), "No");
}

TEST_F(logging_in, ALongAnswerLeavesInSeveralResponses) {
  rules.targets[0].alias = std::string(8180, 'a');
  const auto first = send(request_fields{}, named());
  EXPECT_EQ(first.response.data.size(), 8192u);
  EXPECT_EQ(first.response.head.flags(), 0x44);
  EXPECT_FALSE(first.established);
  const auto second = send(request_fields{}, {});
  EXPECT_TRUE(second.established);
  auto whole = first.response.data;
  whole.insert(whole.end(), second.response.data.begin(), second.response.data.end());
  EXPECT_EQ(parse_text(whole)->size(), 3u);
}

TEST_F(logging_in, TextBeforeOurAnswerIsWholeFails) {
  rules.targets[0].alias = std::string(8180, 'a');
  send(request_fields{}, named());
  EXPECT_EQ(status(send(request_fields{}, {{"InitialR2T", "No"}})), 0x0200u);
}

TEST_F(logging_in, UnknownKeysAreNotUnderstoodAndAnswersOfTheirsAreNotAnswered) {
  const auto r = send({.from = 0, .to = 1}, named({{"X-com.example.a", "1"},
                                                   {"Y-thing", "NotUnderstood"},
                                                   {"TargetAlias", "NotUnderstood"},
                                                   {"InitiatorAlias", "a host"}}));
  EXPECT_EQ(value(r, "X-com.example.a"), "NotUnderstood");
  EXPECT_EQ(value(r, "Y-thing"), "(absent)");
  EXPECT_EQ(value(r, "InitiatorAlias"), "(absent)");
  EXPECT_EQ(status(r), 0u);
}

struct failing {
  const char* what;
  unsigned status;
  request_fields fields;
  text_list keys;
};

TEST_F(logging_in, EachFailureHasItsStatus) {
  const text_list host{{"InitiatorName", initiator_name}};
  const auto host_and = [&](text_pair p) { return text_list{host[0], std::move(p)}; };
  const failing all[] = {
      {"a later version", 0x0205, {.version_min = 1}, named()},
      {"no initiator", 0x0207, {}, {{"TargetName", target_name}}},
      {"no target", 0x0207, {}, host},
      {"no keys", 0x0207, {}, {}},
      {"an initiator that is none", 0x0200, {}, {{"InitiatorName", "bob"}}},
      {"an unknown target", 0x0203, {}, host_and({"TargetName", "iqn.2026-11.io.cairn:x"})},
      {"a target that is none", 0x0203, {}, host_and({"TargetName", "x"})},
      {"not in the list", 0x0202, {}, host_and({"TargetName", "iqn.2026-11.io.cairn:lab.locked"})},
      {"a session type", 0x0209, {}, host_and({"SessionType", "Boot"})},
      {"stage 2", 0x0200, {.from = 2}, named()},
      {"stage 3", 0x0200, {.from = 3}, named()},
      {"to stage 2", 0x0200, {.from = 1, .to = 2}, named()},
      {"to the same stage", 0x0200, {.from = 1, .to = 1}, named()},
      {"backwards", 0x0200, {.from = 1, .to = 0}, named()},
      {"T and C", 0x0200, {.transit = true, .more = true}, named()},
      {"a key of targets", 0x0200, {}, named({{"TargetAddress", "1.2.3.4:1,1"}})},
      {"security too late", 0x0200, {}, named({{"AuthMethod", "None"}})},
      {"negotiation too early", 0x0200, {.from = 0, .to = 1}, named({{"InitialR2T", "No"}})},
      {"a key twice", 0x0200, {}, named({{"InitialR2T", "No"}, {"InitialR2T", "No"}})},
      {"a wrong declaration", 0x0200, {}, named({{"MaxRecvDataSegmentLength", "1"}})},
  };
  for (const auto& f : all) {
    under_test.reset();
    const auto r = send(f.fields, f.keys);
    EXPECT_EQ(status(r), f.status) << f.what << ": " << r.because;
    EXPECT_TRUE(r.close) << f.what;
    EXPECT_FALSE(r.because.empty()) << f.what;
    EXPECT_TRUE(r.response.data.empty()) << f.what;
    EXPECT_EQ(r.response.head.task_tag(), 0x1234u) << f.what;
  }
  EXPECT_TRUE(opened_for.empty());
}

TEST_F(logging_in, AnInitiatorInTheListIsLetIn) {
  EXPECT_TRUE(send(request_fields{}, {{"InitiatorName", "iqn.2000-01.A:B"},
                                      {"TargetName", "iqn.2026-11.io.cairn:lab.locked"}})
                  .established);
}

TEST_F(logging_in, AKeyNegotiatedAgainFails) {
  send({.transit = false}, named({{"InitialR2T", "No"}}));
  EXPECT_EQ(status(send(request_fields{}, {{"InitialR2T", "No"}})), 0x0200u);
}

TEST_F(logging_in, WhatIdentifiesTheConnectionMustNotChange) {
  send({.transit = false}, named());
  EXPECT_EQ(status(send({.isid = 7}, {})), 0x0200u);
  under_test.reset();
  send({.transit = false}, named());
  EXPECT_EQ(status(send({.tsih = 7}, {})), 0x0200u);
}

TEST_F(logging_in, TheStageMustNotChangeWithoutATransit) {
  send({.from = 0, .to = 1, .transit = false}, named());
  EXPECT_EQ(status(send(request_fields{}, {})), 0x0200u);
}

TEST_F(logging_in, AnyOtherPduEndsIt) {
  for (const auto op : {opcode::scsi_command, opcode::nop_out, opcode::text_request}) {
    under_test.reset();
    pdu other;
    other.head = header(op);
    const auto r = send(other);
    EXPECT_EQ(status(r), 0x020bu);
    EXPECT_TRUE(r.close);
    EXPECT_TRUE(r.response.head.is(opcode::login_response));
  }
}

TEST_F(logging_in, WhyTheRegistryRefusesIsToldAsStatus) {
  using refused = refused_session;
  for (const auto why :
       {refused::no_session, refused::too_many_connections, refused::cannot_include,
        refused::target_error, refused::unavailable, refused::out_of_resources}) {
    under_test.reset();
    outcome = tl::unexpected(why);
    const auto r = send(request_fields{}, named());
    EXPECT_EQ(status(r), static_cast<unsigned>(why));
    EXPECT_TRUE(r.close);
    EXPECT_FALSE(r.established);
    EXPECT_EQ(r.response.head.u16(field::tsih), 0);
  }
}

TEST_F(logging_in, NothingFollowsAFailureOrASuccess) {
  send({.version_min = 1}, named());
  EXPECT_EQ(status(send(request_fields{}, named())), 0x020bu);
  under_test.reset();
  EXPECT_TRUE(send(request_fields{}, named()).established);
  EXPECT_EQ(status(send(request_fields{}, named())), 0x020bu);
  EXPECT_EQ(opened_for.size(), 1u);
}

TEST_F(logging_in, RequestsAreCounted) {
  EXPECT_EQ(status(send({.transit = false}, named())), 0u);
  for (int i = 2; i <= 32; ++i) EXPECT_EQ(status(send({.transit = false}, {})), 0u) << i;
  EXPECT_EQ(status(send(request_fields{}, {})), 0x0200u);
}

TEST_F(logging_in, TextIsCounted) {
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(status(send_text({.transit = false, .more = true}, bytes(8192))), 0u);
  }
  EXPECT_EQ(status(send_text({.transit = false, .more = true}, bytes(1))), 0x0200u);
}

TEST_F(logging_in, ATextWithoutItsLastNulFails) {
  auto text = encode_text(named());
  text.pop_back();
  EXPECT_EQ(status(send_text(request_fields{}, text)), 0x0200u);
}

}  // namespace
}  // namespace cairn::iscsi
