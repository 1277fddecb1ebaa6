#include "base/repeated_lines.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
constexpr repeated_lines::time start{seconds(1000)};

TEST(repeated_lines, TheSameSentenceIsNewsOnceAndThenAfterAnHourWithItsCount) {
  repeated_lines lines;
  EXPECT_EQ(lines.take("no", "", start), "no");
  for (int i = 1; i < 1800; ++i) EXPECT_FALSE(lines.take("no", "", start + i * seconds(2))) << i;
  EXPECT_EQ(lines.take("no", "", start + minutes(60)),
            "no (and 1799 times since this was last written)");
  EXPECT_FALSE(lines.take("no", "", start + minutes(61)));
  EXPECT_EQ(lines.take("no", "", start + minutes(120)),
            "no (and 1 time since this was last written)");
  EXPECT_EQ(lines.take("no", "", start + minutes(600)), "no");
}

TEST(repeated_lines, AnotherPortIsNoNewsAndAnotherHostOrReasonIs) {
  repeated_lines lines;
  EXPECT_EQ(lines.take("10.0.0.1:40 is refused: no", "10.0.0.1:40", start),
            "10.0.0.1:40 is refused: no");
  EXPECT_FALSE(lines.take("10.0.0.1:41 is refused: no", "10.0.0.1:41", start));
  EXPECT_TRUE(lines.take("10.0.0.1:42 is refused: why", "10.0.0.1:42", start));
  EXPECT_TRUE(lines.take("10.0.0.2:40 is refused: no", "10.0.0.2:40", start));
  EXPECT_TRUE(lines.take("[::1]:40 is refused: no", "[::1]:40", start));
  EXPECT_FALSE(lines.take("[::1]:41 is refused: no", "[::1]:41", start));
}

TEST(repeated_lines, WhatGoesWrongAgainAfterAllWasWellIsNews) {
  repeated_lines lines;
  EXPECT_TRUE(lines.take("h:1 no", "h:1", start));
  EXPECT_TRUE(lines.take("i:1 no", "i:1", start));
  lines.forget("h:2");
  EXPECT_TRUE(lines.take("h:3 no", "h:3", start));
  EXPECT_FALSE(lines.take("i:3 no", "i:3", start));
}

TEST(repeated_lines, HoweverManyThereAreOnlySoManyAreRemembered) {
  repeated_lines lines;
  for (std::size_t i = 0; i <= repeated_lines::lines_max; ++i)
    EXPECT_TRUE(lines.take(std::to_string(i), "", start));
  EXPECT_FALSE(lines.take(std::to_string(repeated_lines::lines_max), "", start));
  EXPECT_FALSE(lines.take("1", "", start));
  EXPECT_TRUE(lines.take("0", "", start));
  const std::string endless(1 << 20, 'x');
  EXPECT_TRUE(lines.take(endless + "a", "", start));
  EXPECT_FALSE(lines.take(endless + "b", "", start));
}

}  // namespace
}  // namespace cairn
