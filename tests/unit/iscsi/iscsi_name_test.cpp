#include "base/iscsi_name.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(IscsiName, IsComparedInLowerCase) {
  EXPECT_EQ(iscsi_name("IQN.1991-05.com.Microsoft:Host_1"), "iqn.1991-05.com.microsoft:host_1");
  EXPECT_EQ(iscsi_name("eui.02004567A425678D"), "eui.02004567a425678d");
  EXPECT_EQ(iscsi_name("naa.52004567BA64678D"), "naa.52004567ba64678d");
  EXPECT_TRUE(iscsi_name("naa.62004567BA64678D0123456789ABCDEF"));
}

TEST(IscsiName, WhatIsNoneIsRefused) {
  for (const auto* bad :
       {"", "iqn.", "iqn.2026-11.", "iqn.2026-1.io:x", "iqn.20-11.io:x", "host",
        "iqn.2026-11.io:a b", "iqn.2026-11.io:a,b", "iqn.2026-11.io:a\n", "iqn.2026-11.io:\xc3\xa4",
        "eui.0200", "eui.02004567A425678G", "naa.52004567BA64678", "naa.52004567BA64678D0"}) {
    EXPECT_FALSE(iscsi_name(bad)) << bad;
  }
}

TEST(IscsiName, HasAtMost223Bytes) {
  const std::string start = "iqn.2026-11.io.cairn:";
  EXPECT_TRUE(iscsi_name(start + std::string(223 - start.size(), 'x')));
  EXPECT_FALSE(iscsi_name(start + std::string(224 - start.size(), 'x')));
}

TEST(IscsiName, ATargetsIsStricter) {
  EXPECT_TRUE(is_target_name("iqn.2026-11.io.cairn:lab.m1-v1"));
  EXPECT_FALSE(is_target_name("iqn.2026-11.io.cairn:lab.M1"));
  EXPECT_FALSE(is_target_name("iqn.2026-11.io.cairn:lab_m1"));
  EXPECT_FALSE(is_target_name("eui.02004567a425678d"));
}

}  // namespace
}  // namespace cairn
