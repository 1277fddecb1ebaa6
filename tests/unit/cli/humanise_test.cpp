#include "cli/humanise.h"

#include <gtest/gtest.h>

#include "cli/table.h"

namespace cairn {
namespace {

TEST(humanise, BytesCountsAndTimes) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(418ULL << 20), "418 MiB");
  EXPECT_EQ(human_bytes(~0ULL), "16.0 EiB");
  EXPECT_EQ(human_count(7), "7");
  EXPECT_EQ(human_count(123456), "123,456");
  EXPECT_EQ(human_count(1234567), "1,234,567");
  EXPECT_EQ(human_micros(612), "612 µs");
  EXPECT_EQ(human_micros(1020), "1.02 ms");
}

TEST(humanise, AgesAndWhatIsNotKnown) {
  EXPECT_EQ(human_age(std::nullopt), "unknown");
  EXPECT_EQ(human_age(0), "0 ms");
  EXPECT_EQ(human_age(1250), "1.2 s");
  EXPECT_EQ(human_age(59999), "59 s");
  EXPECT_EQ(human_age(65000), "1 min 5 s");
  EXPECT_EQ(human_age(7260000), "2 h 1 min");
  EXPECT_EQ(human_age(90000000), "1 d 1 h");
}

TEST(humanise, ATerminalIsNotHandedCommands) {
  EXPECT_EQ(printable("a\x1b[2Jb\r\n\x7f"), "a?[2Jb???");
  EXPECT_EQ(printable("µ ok"), "µ ok");
}

TEST(text_table, AlignsColumnsByCharactersAndNumbersRight) {
  text_table t;
  t.add({"Name", "Held"});
  t.add({"µµµµµ", "7"});
  t.add({"  ! a line of its own that is long"});
  EXPECT_EQ(t.text(), "Name   Held\nµµµµµ     7\n  ! a line of its own that is long\n");
}

}  // namespace
}  // namespace cairn
