// Tables of an older format are brought up to date, whole or not at all; those of a newer one are
// left alone.
#include "storage/format_steps.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>

#include "tests/support/virtual_disk.h"

namespace cairn {
namespace {

constexpr const char* first_tables =
    "CREATE TABLE identity (format INTEGER); INSERT INTO identity VALUES (1);"
    "CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (7)";
constexpr std::array second_and_third{
    "ALTER TABLE t ADD COLUMN doubled INTEGER; UPDATE t SET doubled = 2 * n;"
    "UPDATE identity SET format = 2",
    "ALTER TABLE t DROP COLUMN n; UPDATE identity SET format = 3"};

class FormatStepsTest : public testing::Test {
 protected:
  void SetUp() override {
    open();
    ASSERT_TRUE(
        db_->transaction(database::durability::full, [&] { return db_->execute(first_tables); }));
  }
  void open() {
    db_.reset();
    db_ = *database::open(disk_, "/d/db", database::access::read_write);
  }
  std::uint64_t number(const std::string& select) {
    auto made = db_->prepare(select);
    if (!made || !made->step().value_or(false)) return ~std::uint64_t{0};
    return made->column(0);
  }
  std::uint64_t format() { return number("SELECT format FROM identity"); }

  virtual_disk disk_;
  std::unique_ptr<database> db_;
};

TEST_F(FormatStepsTest, AllStepsBehindTheVersionFoundAreTakenAndSurviveALossOfPower) {
  ASSERT_TRUE(bring_up_to_date(*db_, 1, {1, second_and_third}));
  disk_.power_cut(system_random());
  open();
  EXPECT_EQ(format(), 3u);
  EXPECT_EQ(number("SELECT doubled FROM t"), 14u);
}

TEST_F(FormatStepsTest, OnlyTheStepsThatAreLackingAreTaken) {
  ASSERT_TRUE(bring_up_to_date(*db_, 1, {1, std::span(second_and_third).first(1)}));
  EXPECT_EQ(format(), 2u);
  ASSERT_TRUE(bring_up_to_date(*db_, 2, {1, second_and_third}));
  EXPECT_EQ(format(), 3u);
}

TEST_F(FormatStepsTest, AStepThatFailsLeavesTheTablesAsTheyWere) {
  const std::array then_one_fails{second_and_third[0], "UPDATE nowhere SET n = 1"};
  EXPECT_FALSE(bring_up_to_date(*db_, 1, {1, then_one_fails}));
  EXPECT_EQ(format(), 1u);
  EXPECT_EQ(number("SELECT n FROM t"), 7u);
}

TEST_F(FormatStepsTest, WhatIsUpToDateIsNotWrittenTo) {
  open();
  const auto before = *disk_.content("/d/db");
  ASSERT_TRUE(bring_up_to_date(*db_, 1, {1, {}}));
  open();
  EXPECT_TRUE(*disk_.content("/d/db") == before);
}

TEST_F(FormatStepsTest, AVersionThatCanNotBeReadIsRefusedWithASentenceThatNamesBoth) {
  EXPECT_TRUE(check_format("journal /j", 3, {1, second_and_third}));
  const auto newer = check_format("journal /j", 4, {1, second_and_third});
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, EPROTONOSUPPORT);
  EXPECT_EQ(newer.error().text,
            "journal /j: its format is version 4, this Cairn reads up to 3; install a newer Cairn, "
            "or put back what was there before it");
  EXPECT_FALSE(check_format("journal /j", 0, {1, second_and_third}));
}

TEST_F(FormatStepsTest, AVersionFromBeforeTheOldestIsRefusedWithASentenceThatNamesBoth) {
  EXPECT_TRUE(check_format("journal /j", 2, {2, {}}));
  const auto older = check_format("journal /j", 1, {2, {}});
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, EPROTONOSUPPORT);
  EXPECT_EQ(older.error().text,
            "journal /j: its format is version 1, this Cairn reads from version 2 on: no release "
            "has written what is there");
}

}  // namespace
}  // namespace cairn
