#include "webui/lag_history.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "webui/view_json.h"

namespace cairn {
namespace {

using nlohmann::json;
using std::chrono::seconds;

const history_time start{seconds(1000)};

group_snapshot with_rpo(std::uint64_t ms) {
  group_snapshot s;
  s.rpo_now = ms;
  s.behind_bytes = ms;
  return s;
}

TEST(lag_history, GivesTheSamplesOfTheLastSpanOldestFirst) {
  lag_history history;
  for (int i = 0; i < 10; ++i) history.add(with_rpo(i), start + seconds(i));
  const auto last = history.last(seconds(3), start + seconds(9));
  ASSERT_EQ(last.size(), 4u);
  EXPECT_EQ(last.front().rpo, 6u);
  EXPECT_EQ(last.back().rpo, 9u);
}

TEST(lag_history, KeepsAnHourAndNoMore) {
  lag_history history;
  for (int i = 0; i < 4000; ++i) history.add(with_rpo(i), start + seconds(i));
  const auto all = history.last(seconds(100000), start + seconds(3999));
  ASSERT_EQ(all.size(), history_samples_max);
  EXPECT_EQ(all.front().rpo, 400u);
}

TEST(history_json, IsColumnsWithNullWhereAMemberWasNotHeard) {
  auto s = with_rpo(7);
  member_status status;
  status.oldest_unstored_ms = 40;
  status.behind_bytes = 512;
  s.members = {{"m1", "", true, "", 1, 1, true, status},
               {"m2", "", false, "", {}, {}, false, status}};
  lag_history history;
  history.add(s, start);
  s.rpo_now.reset();
  history.add(s, start + seconds(1));
  const auto now = start + seconds(2);
  const auto j = json::parse(history_json(history.last(seconds(60), now), 5000, now));
  EXPECT_EQ(j["schema"], "cairn.history/1");
  EXPECT_EQ(j["age_ms"], (json{2000, 1000}));
  EXPECT_EQ(j["rpo_ms"], (json{7, nullptr}));
  EXPECT_EQ(j["members"][0]["oldest_unstored_ms"], (json{40, 40}));
  EXPECT_EQ(j["members"][1]["behind_bytes"], (json{nullptr, nullptr}));
}

TEST(history_json, OfNothingIsEmptyColumns) {
  const auto j = json::parse(history_json({}, 5000, start));
  EXPECT_EQ(j["age_ms"], json::array());
  EXPECT_EQ(j["members"], json::array());
}

}  // namespace
}  // namespace cairn
