#include "iscsi/negotiation.h"

#include <gtest/gtest.h>

namespace cairn::iscsi {
namespace {

struct negotiated {
  text_list answers;
  session_parameters agreed;
  std::string operator[](std::string_view key) const {
    const auto* found = find_value(answers, key);
    return found == nullptr ? "(absent)" : *found;
  }
};

negotiated offered(const text_list& offers, bool discovery = false) {
  negotiation n(discovery);
  negotiated out;
  EXPECT_TRUE(n.on_keys(offers, out.answers));
  out.agreed = n.agreed();
  return out;
}

TEST(Negotiation, OpenIscsiGetsWhatItAsksFor) {
  const auto n = offered({{"HeaderDigest", "None"},
                          {"DataDigest", "None"},
                          {"DefaultTime2Wait", "2"},
                          {"DefaultTime2Retain", "0"},
                          {"IFMarker", "No"},
                          {"OFMarker", "No"},
                          {"ErrorRecoveryLevel", "0"},
                          {"InitialR2T", "No"},
                          {"ImmediateData", "Yes"},
                          {"MaxBurstLength", "16776192"},
                          {"FirstBurstLength", "262144"},
                          {"MaxOutstandingR2T", "1"},
                          {"MaxConnections", "1"},
                          {"DataPDUInOrder", "Yes"},
                          {"DataSequenceInOrder", "Yes"},
                          {"MaxRecvDataSegmentLength", "262144"}});
  EXPECT_EQ(n.answers, (text_list{{"HeaderDigest", "None"},
                                  {"DataDigest", "None"},
                                  {"DefaultTime2Wait", "2"},
                                  {"DefaultTime2Retain", "0"},
                                  {"IFMarker", "No"},
                                  {"OFMarker", "No"},
                                  {"ErrorRecoveryLevel", "0"},
                                  {"InitialR2T", "No"},
                                  {"ImmediateData", "Yes"},
                                  {"MaxBurstLength", "16776192"},
                                  {"FirstBurstLength", "262144"},
                                  {"MaxOutstandingR2T", "1"},
                                  {"MaxConnections", "1"},
                                  {"DataPDUInOrder", "Yes"},
                                  {"DataSequenceInOrder", "Yes"}}));
  EXPECT_FALSE(n.agreed.initial_r2t);
  EXPECT_TRUE(n.agreed.immediate_data);
  EXPECT_EQ(n.agreed.max_burst, 16776192u);
  EXPECT_EQ(n.agreed.first_burst, 262144u);
  EXPECT_EQ(n.agreed.send_data_max, 262144u);
  EXPECT_EQ(n.agreed.max_outstanding_r2t, 1u);
}

TEST(Negotiation, WindowsGetsOurBoundsWhereItAsksForMore) {
  const auto n = offered({{"HeaderDigest", "None,CRC32C"},
                          {"DataDigest", "None,CRC32C"},
                          {"ErrorRecoveryLevel", "2"},
                          {"InitialR2T", "Yes"},
                          {"ImmediateData", "Yes"},
                          {"MaxRecvDataSegmentLength", "65536"},
                          {"MaxBurstLength", "262144"},
                          {"FirstBurstLength", "524288"},
                          {"MaxConnections", "32"},
                          {"DataPDUInOrder", "No"},
                          {"DataSequenceInOrder", "No"},
                          {"DefaultTime2Wait", "0"},
                          {"DefaultTime2Retain", "60"},
                          {"MaxOutstandingR2T", "16"}});
  EXPECT_EQ(n["HeaderDigest"], "None");
  EXPECT_EQ(n["ErrorRecoveryLevel"], "0");
  EXPECT_EQ(n["InitialR2T"], "Yes");
  EXPECT_EQ(n["FirstBurstLength"], "262144");
  EXPECT_EQ(n["MaxConnections"], "1");
  EXPECT_EQ(n["DataPDUInOrder"], "Yes");
  EXPECT_EQ(n["DataSequenceInOrder"], "Yes");
  EXPECT_EQ(n["DefaultTime2Wait"], "2");
  EXPECT_EQ(n["DefaultTime2Retain"], "0");
  EXPECT_EQ(n["MaxOutstandingR2T"], "4");
  EXPECT_EQ(n.agreed.max_outstanding_r2t, 4u);
  EXPECT_FALSE(n.agreed.data_digest);
}

TEST(Negotiation, TheFirstDigestThatIsKnownIsTaken) {
  auto n = offered({{"HeaderDigest", "CRC32C,None"}, {"DataDigest", "Y-thing,CRC32C"}});
  EXPECT_EQ(n["HeaderDigest"], "CRC32C");
  EXPECT_EQ(n["DataDigest"], "CRC32C");
  EXPECT_TRUE(n.agreed.header_digest);
  EXPECT_TRUE(n.agreed.data_digest);
  n = offered({{"HeaderDigest", "MD5"}, {"DataDigest", ""}});
  EXPECT_EQ(n["HeaderDigest"], "Reject");
  EXPECT_EQ(n["DataDigest"], "Reject");
  EXPECT_FALSE(n.agreed.header_digest);
}

TEST(Negotiation, FirstBurstIsBoundByMaxBurstWhereverItStands) {
  EXPECT_EQ(
      offered({{"FirstBurstLength", "65536"}, {"MaxBurstLength", "4096"}})["FirstBurstLength"],
      "4096");
  EXPECT_EQ(offered({{"MaxBurstLength", "4096"}}).agreed.first_burst, 4096u);
}

TEST(Negotiation, FirstBurstIsIrrelevantWithoutUnsolicitedData) {
  const auto n =
      offered({{"FirstBurstLength", "65536"}, {"InitialR2T", "Yes"}, {"ImmediateData", "No"}});
  EXPECT_EQ(n["FirstBurstLength"], "Irrelevant");
  EXPECT_EQ(n["ImmediateData"], "No");
}

TEST(Negotiation, OffersOutOfTheirBoundsAreRejectedAndChangeNothing) {
  const auto n = offered({{"MaxBurstLength", "511"},
                          {"FirstBurstLength", "16777216"},
                          {"InitialR2T", "no"},
                          {"MaxConnections", "0"},
                          {"ErrorRecoveryLevel", "3"},
                          {"DefaultTime2Wait", "3601"}});
  for (const auto& [key, value] : n.answers) EXPECT_EQ(value, "Reject") << key;
  EXPECT_EQ(n.answers.size(), 6u);
  EXPECT_EQ(n.agreed.max_burst, 262144u);
  EXPECT_EQ(n.agreed.first_burst, 65536u);
  EXPECT_TRUE(n.agreed.initial_r2t);
}

TEST(Negotiation, ADeclarationOutOfItsBoundsIsRefused) {
  for (const auto* bad : {"511", "16777216", "", "None"}) {
    negotiation n(false);
    text_list out;
    const auto done = n.on_keys({{"MaxRecvDataSegmentLength", bad}}, out);
    ASSERT_FALSE(done) << bad;
    EXPECT_EQ(done.error().status, login_status::initiator_error);
  }
}

TEST(Negotiation, ObsoleteAndUnknownKeysAreAnswered) {
  const auto n = offered({{"IFMarker", "Yes"},
                          {"OFMarker", "Yes"},
                          {"IFMarkInt", "2048~8192"},
                          {"OFMarkInt", "2048"},
                          {"X-com.example.speed", "11"},
                          {"RDMAExtensions", "Yes"},
                          {"iSCSIProtocolLevel", "2"},
                          {"TaskReporting", "FastAbort,RFC3720"}});
  EXPECT_EQ(n["IFMarker"], "No");
  EXPECT_EQ(n["OFMarker"], "No");
  EXPECT_EQ(n["IFMarkInt"], "Reject");
  EXPECT_EQ(n["OFMarkInt"], "Reject");
  EXPECT_EQ(n["X-com.example.speed"], "NotUnderstood");
  EXPECT_EQ(n["RDMAExtensions"], "NotUnderstood");
  EXPECT_EQ(n["iSCSIProtocolLevel"], "1");
  EXPECT_EQ(n["TaskReporting"], "RFC3720");
}

TEST(Negotiation, OfADiscoverySessionTheKeysOfDataAreIrrelevant) {
  const auto n = offered({{"MaxBurstLength", "16776192"},
                          {"FirstBurstLength", "4096"},
                          {"InitialR2T", "No"},
                          {"ImmediateData", "Yes"},
                          {"MaxOutstandingR2T", "1"},
                          {"MaxConnections", "1"},
                          {"DataPDUInOrder", "Yes"},
                          {"DataSequenceInOrder", "Yes"},
                          {"TaskReporting", "RFC3720"}},
                         true);
  for (const auto& [key, value] : n.answers) EXPECT_EQ(value, "Irrelevant") << key;
  EXPECT_EQ(offered({{"HeaderDigest", "CRC32C"}}, true)["HeaderDigest"], "CRC32C");
}

}  // namespace
}  // namespace cairn::iscsi
