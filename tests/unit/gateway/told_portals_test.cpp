#include "gateway/iscsi/told_portals.h"

#include <gtest/gtest.h>

namespace cairn::iscsi {
namespace {

using list = std::vector<endpoint>;

TEST(ToldPortals, AreAllThatAreListenedOnWhereverItWasAsked) {
  const list all{{"192.0.2.1", 3260}, {"198.51.100.1", 3261}, {"2001:db8::1", 3260}};
  for (const endpoint& at : all) EXPECT_EQ(told_portals(all, at), all);
}

TEST(ToldPortals, OnAnyAddressTheOneThatWasAskedAtIsToldWithEachPort) {
  const list all{{"0.0.0.0", 3260}, {"0.0.0.0", 3261}, {"::", 3262}};
  EXPECT_EQ(told_portals(all, {"192.0.2.1", 3261}),
            (list{{"192.0.2.1", 3260}, {"192.0.2.1", 3261}, {"192.0.2.1", 3262}}));
  EXPECT_EQ(told_portals(all, {"2001:db8::1", 3262}), (list{{"2001:db8::1", 3262}}));
}

TEST(ToldPortals, OnePathIsToldOnce) {
  EXPECT_EQ(told_portals({{"0.0.0.0", 3260}, {"192.0.2.1", 3260}}, {"192.0.2.1", 3260}),
            (list{{"192.0.2.1", 3260}}));
}

TEST(ToldPortals, LoopbackIsToldOnlyToWhoAskedThere) {
  const list all{{"127.0.0.1", 3260}, {"::1", 3260}, {"192.0.2.1", 3260}};
  EXPECT_EQ(told_portals(all, {"192.0.2.1", 3260}), (list{{"192.0.2.1", 3260}}));
  EXPECT_EQ(told_portals(all, {"127.0.0.1", 3260}), all);
}

}  // namespace
}  // namespace cairn::iscsi
