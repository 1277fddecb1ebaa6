#include "iscsi/chap.h"

#include <gtest/gtest.h>

#include "iscsi/text_keys.h"
#include "tests/unit/iscsi/login_fixture.h"

namespace cairn::iscsi {
namespace {

// The vectors were made with Python's hashlib.
chap_challenge known_challenge() {
  return {0x2a, *binary_value("0x000102030405060708090a0b0c0d0e0f", 16)};
}

std::string known_response(chap_digest algorithm) {
  const auto response = chap_response(algorithm, known_challenge(), "a secret of 20 bytes");
  return response ? hex_value(*response) : response.error().text;
}

TEST(Chap, ResponsesAreThoseOfOtherImplementations) {
  EXPECT_EQ(known_response(chap_digest::md5), "0x7fbf0c1dd657653a8e3da6445eeef9d5");
  EXPECT_EQ(known_response(chap_digest::sha1), "0x5af45f74e6dd4780c7cdbe2561580c6a01d86d57");
  EXPECT_EQ(known_response(chap_digest::sha256),
            "0xfc03366c53117aa59c3852174408be243ccd9800bdaf2f521792b9193c039ae6");
}

TEST(Chap, AChallengeIsAsLongAsTheDigestAndNewEachTime) {
  counting_random random;
  const auto first = make_challenge(chap_digest::sha256, random);
  const auto second = make_challenge(chap_digest::sha256, random);
  EXPECT_EQ(first.octets.size(), 32u);
  EXPECT_NE(first.octets, second.octets);
  EXPECT_NE(first.id, second.id);
  EXPECT_EQ(make_challenge(chap_digest::md5, random).octets.size(), 16u);
}

TEST(Chap, TheInitiatorsOrderOfDigestsCounts) {
  const std::vector<chap_digest> allowed{chap_digest::sha256, chap_digest::sha1};
  EXPECT_EQ(choose_digest("5,6,7", allowed), chap_digest::sha1);
  EXPECT_EQ(choose_digest("7,6", allowed), chap_digest::sha256);
  EXPECT_FALSE(choose_digest("5", allowed));
  EXPECT_FALSE(choose_digest("8,0,256,,x", allowed));
}

TEST(Chap, AnIdIsOneByteInAnyForm) {
  EXPECT_EQ(chap_id("255"), 255);
  EXPECT_EQ(chap_id("0x0f"), 15);
  EXPECT_EQ(chap_id("0b/w=="), 255);
  for (const auto* bad : {"256", "0x100", "", "0bAAA=", "-1"}) EXPECT_FALSE(chap_id(bad)) << bad;
}

class chap_login : public login_fixture {
 protected:
  static constexpr request_fields in_security{.from = 0, .to = 1, .transit = true};
  static constexpr request_fields waiting{.from = 0, .to = 1, .transit = false};

  // Up to our challenge.
  login::reply to_challenge(const std::string& algorithms = "7") {
    send(in_security, named({{"AuthMethod", "CHAP,None"}}));
    challenge = send(waiting, {{"CHAP_A", algorithms}});
    return challenge;
  }
  std::string proof(std::string_view secret) {
    const auto algorithm = static_cast<chap_digest>(std::stoi(value(challenge, "CHAP_A")));
    const chap_challenge asked{*chap_id(value(challenge, "CHAP_I")),
                               *binary_value(value(challenge, "CHAP_C"), 32)};
    return hex_value(*chap_response(algorithm, asked, secret));
  }
  login::reply answer(const std::string& user, std::string_view secret,
                      const text_list& more = {}) {
    text_list keys{{"CHAP_N", user}, {"CHAP_R", proof(secret)}};
    keys.insert(keys.end(), more.begin(), more.end());
    return send(in_security, keys);
  }
  login::reply answer_rightly(const text_list& more = {}) {
    return answer("alice", "alice's own secret", more);
  }

  login::reply challenge;
};

TEST_F(chap_login, TheRightSecretLeadsThroughAllStages) {
  need_chap();
  const auto method = send(in_security, named({{"AuthMethod", "CHAP,None"}}));
  EXPECT_EQ(value(method, "AuthMethod"), "CHAP");
  EXPECT_EQ(method.response.head.flags(), 0x00);
  challenge = send(waiting, {{"CHAP_A", "7"}});
  EXPECT_EQ(value(challenge, "CHAP_A"), "7");
  const auto proved = answer_rightly();
  EXPECT_EQ(status(proved), 0u) << proved.because;
  EXPECT_EQ(proved.response.head.flags(), 0x81);
  EXPECT_TRUE(proved.response.data.empty());
  EXPECT_TRUE(send(request_fields{}, {{"HeaderDigest", "None"}}).established);
  EXPECT_EQ(opened_for.size(), 1u);
}

TEST_F(chap_login, EachDigestThatIsAllowedWorks) {
  need_chap();
  rules.digests = {chap_digest::md5, chap_digest::sha1, chap_digest::sha256};
  for (const auto* algorithm : {"5", "6", "7"}) {
    under_test.reset();
    to_challenge(algorithm);
    EXPECT_EQ(status(answer_rightly()), 0u) << algorithm;
  }
}

TEST_F(chap_login, AWrongSecretAndAWrongUserFailAlike) {
  need_chap();
  to_challenge();
  const auto secret = answer("alice", "mallory's secret");
  under_test.reset();
  to_challenge();
  const auto user = answer("alicf", "alice's own secret");
  for (const auto& r : {secret, user}) {
    EXPECT_EQ(status(r), 0x0201u);
    EXPECT_TRUE(r.close);
    EXPECT_EQ(r.because, "CHAP: wrong user or secret");
  }
}

TEST_F(chap_login, AResponseOfAnotherLengthFails) {
  need_chap();
  for (const auto* bad : {"0x00", "0x", "5", ""}) {
    under_test.reset();
    to_challenge();
    const auto r = send(in_security, {{"CHAP_N", "alice"}, {"CHAP_R", bad}});
    EXPECT_EQ(status(r), 0x0201u) << bad;
  }
}

TEST_F(chap_login, ADigestThatIsNotAllowedFails) {
  need_chap();
  EXPECT_EQ(status(to_challenge("5")), 0x0201u);
}

TEST_F(chap_login, SkippingTheSecurityStageFails) {
  need_chap();
  EXPECT_EQ(status(send(request_fields{}, named())), 0x0201u);
  EXPECT_TRUE(opened_for.empty());
}

TEST_F(chap_login, LeavingTheSecurityStageWithoutAuthMethodFails) {
  need_chap();
  EXPECT_EQ(status(send({.from = 0, .to = 3, .transit = true}, named())), 0x0201u);
}

TEST_F(chap_login, LeavingInTheMiddleOfChapIsNotGranted) {
  need_chap();
  to_challenge();
  const auto r = send(in_security, {});
  EXPECT_EQ(status(r), 0u);
  EXPECT_EQ(r.response.head.flags(), 0x00);
  EXPECT_EQ(status(send(request_fields{}, {})), 0x0200u);
}

TEST_F(chap_login, OfferingNoneAloneFails) {
  need_chap();
  EXPECT_EQ(status(send(in_security, named({{"AuthMethod", "None"}}))), 0x0201u);
}

TEST_F(chap_login, KeysOutOfTheirOrderFail) {
  need_chap();
  EXPECT_EQ(status(send(in_security, named({{"CHAP_A", "7"}}))), 0x0200u);
  under_test.reset();
  send(in_security, named({{"AuthMethod", "CHAP"}}));
  EXPECT_EQ(status(send(in_security, {{"CHAP_N", "alice"}, {"CHAP_R", "0x00"}})), 0x0200u);
  under_test.reset();
  to_challenge();
  EXPECT_EQ(status(answer_rightly({{"CHAP_A", "7"}})), 0x0200u);
}

TEST_F(chap_login, WeProveOurSecretWhenWeAreAsked) {
  need_chap(true);
  to_challenge();
  const auto r = answer_rightly({{"CHAP_I", "42"}, {"CHAP_C", "0bAAECAwQFBgcICQoLDA0ODw=="}});
  ASSERT_EQ(status(r), 0u) << r.because;
  EXPECT_EQ(value(r, "CHAP_N"), "cairn");
  EXPECT_EQ(value(r, "CHAP_R"), hex_value(*chap_response(chap_digest::sha256, known_challenge(),
                                                         "the target's secret")));
}

TEST_F(chap_login, WeNeedNotProveItWhenNobodyAsks) {
  need_chap(true);
  to_challenge();
  EXPECT_TRUE(answer_rightly().response.data.empty());
}

TEST_F(chap_login, AProofThatWeCannotGiveFails) {
  need_chap();
  to_challenge();
  EXPECT_EQ(status(answer_rightly({{"CHAP_I", "1"}, {"CHAP_C", "0x0102"}})), 0x0201u);
}

TEST_F(chap_login, OurOwnChallengeSentBackFails) {
  need_chap(true);
  to_challenge();
  const auto r = answer_rightly({{"CHAP_I", "1"}, {"CHAP_C", value(challenge, "CHAP_C")}});
  EXPECT_EQ(status(r), 0x0201u);
  EXPECT_TRUE(r.response.data.empty());
}

TEST_F(chap_login, EqualSecretsInBothDirectionsFail) {
  need_chap(true);
  rules.targets[0].auth.mutual->secret = "alice's own secret";
  to_challenge();
  EXPECT_EQ(status(answer_rightly({{"CHAP_I", "1"}, {"CHAP_C", "0x0102"}})), 0x0201u);
}

TEST_F(chap_login, AChallengeToUsThatIsNoneFails) {
  need_chap(true);
  const std::string long_one(2050, '0');
  for (const auto& bad : {text_list{{"CHAP_I", "1"}}, text_list{{"CHAP_C", "0x01"}},
                          text_list{{"CHAP_I", "256"}, {"CHAP_C", "0x01"}},
                          text_list{{"CHAP_I", "1"}, {"CHAP_C", "0x"}},
                          text_list{{"CHAP_I", "1"}, {"CHAP_C", "0x" + long_one}}}) {
    under_test.reset();
    to_challenge();
    EXPECT_EQ(status(answer_rightly(bad)), 0x0200u);
  }
}

TEST_F(chap_login, ADiscoverySessionHasItsOwnAccount) {
  need_chap();
  rules.discovery.initiator = {"finder", "the finder's secret"};
  send(in_security,
       {{"InitiatorName", initiator_name}, {"SessionType", "Discovery"}, {"AuthMethod", "CHAP"}});
  challenge = send(waiting, {{"CHAP_A", "7"}});
  EXPECT_EQ(status(answer("finder", "the finder's secret")), 0u);
}

TEST_F(chap_login, AuthMethodNoneIsAnsweredWhereNothingIsAskedFor) {
  const auto r = send(in_security, named({{"AuthMethod", "CHAP,None"}}));
  EXPECT_EQ(value(r, "AuthMethod"), "None");
  EXPECT_EQ(r.response.head.flags(), 0x81);
  under_test.reset();
  EXPECT_EQ(status(send(in_security, named({{"AuthMethod", "CHAP"}}))), 0x0201u);
}

}  // namespace
}  // namespace cairn::iscsi
