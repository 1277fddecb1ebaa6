#include "iscsi/discovery.h"

#include <gtest/gtest.h>

namespace cairn::iscsi {
namespace {

constexpr const char* one = "iqn.2026-11.io.cairn:lab.one";
constexpr const char* two = "iqn.2026-11.io.cairn:lab.two";

struct discovery : testing::Test {
  discovery() {
    rules.targets = {{one, "", {}, {}}, {two, "", {"iqn.2000-01.a:b"}, {}}};
    who.initiator = "iqn.2000-01.a:c";
    who.discovery = true;
  }
  text_list told(std::string_view wanted) {
    return *parse_text(send_targets(rules, who, portals, wanted));
  }

  login_rules rules;
  session_identity who;
  std::vector<std::string> portals{"192.0.2.1:3260", "[2001:db8::1]:3260"};
  const text_list about_one{{"TargetName", one}};
};

// A text with the two addresses has the key TargetAddress twice, so parse_text does not take it.
TEST_F(discovery, EachTargetIsToldWithEveryPortal) {
  const auto text = send_targets(rules, who, portals, "All");
  EXPECT_EQ(text, encode_text({{"TargetName", one},
                               {"TargetAddress", "192.0.2.1:3260,1"},
                               {"TargetAddress", "[2001:db8::1]:3260,1"}}));
}

TEST_F(discovery, OnlyTargetsThatLetTheInitiatorInAreTold) {
  portals.clear();
  EXPECT_EQ(told("All"), about_one);
  EXPECT_EQ(told(two), text_list{});
  who.initiator = "iqn.2000-01.a:b";
  EXPECT_EQ(told(two), (text_list{{"TargetName", two}}));
  EXPECT_EQ(send_targets(rules, who, portals, "All"),
            encode_text({{"TargetName", one}, {"TargetName", two}}));
}

TEST_F(discovery, ANameIsLookedUpInAnyCase) {
  portals.clear();
  EXPECT_EQ(told("IQN.2026-11.io.cairn:lab.ONE"), about_one);
  EXPECT_EQ(told("iqn.2026-11.io.cairn:lab.three"), text_list{});
  EXPECT_EQ(told("rubbish"), text_list{});
}

TEST_F(discovery, ANormalSessionLearnsOfItsOwnTargetAndNotOfAll) {
  portals.clear();
  who.discovery = false;
  who.target = one;
  EXPECT_EQ(told(""), about_one);
  EXPECT_EQ(told("All"), (text_list{{"SendTargets", "Reject"}}));
  who.discovery = true;
  EXPECT_EQ(told(""), (text_list{{"SendTargets", "Reject"}}));
}

TEST_F(discovery, OtherKeysOfATextRequestAreAnswered) {
  const auto request = encode_text({{"X-a", "1"},
                                    {"MaxBurstLength", "4096"},
                                    {"AuthMethod", "None"},
                                    {"MaxRecvDataSegmentLength", "4096"}});
  const auto answer = answer_text(rules, who, portals, request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->text, encode_text({{"X-a", "NotUnderstood"},
                                       {"MaxBurstLength", "Reject"},
                                       {"AuthMethod", "Reject"}}));
  EXPECT_EQ(answer->send_data_max, 4096u);
}

TEST_F(discovery, ATextRequestThatIsNoneIsRefused) {
  EXPECT_FALSE(answer_text(rules, who, portals, bytes(1, std::byte{'A'})));
  EXPECT_FALSE(
      answer_text(rules, who, portals, encode_text({{"MaxRecvDataSegmentLength", "511"}})));
}

}  // namespace
}  // namespace cairn::iscsi
