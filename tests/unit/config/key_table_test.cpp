// The lists of keys say what the readers read, and are fit to be printed.
#include "config/key_table.h"

#include <algorithm>
#include <functional>
#include <set>

#include "config/config.h"
#include "config/toml_tree.h"
#include "config/units.h"
#include "tests/unit/config/configuration_fixture.h"

namespace cairn {
namespace {

using visitor = std::function<void(const table_keys&, const key_facts&)>;

void visit(const table_keys& keys, const visitor& seen) {
  for (const auto& key : keys.keys) {
    seen(keys, key);
    if (key.inner != nullptr) visit(*key.inner, seen);
  }
}

void visit_all(const visitor& seen) {
  visit(gateway_keys(), seen);
  visit(coordinator_keys(), seen);
}

bool is_tables(const key_facts& key) { return key.inner != nullptr; }

TEST(key_table, EveryKeyHasASentenceAndSomethingToShow) {
  std::size_t count = 0;
  visit_all([&](const table_keys& in, const key_facts& key) {
    ++count;
    const auto place = in.heading + " " + key.name;
    if (is_tables(key)) {
      EXPECT_FALSE(key.inner->sentence.empty()) << place;
      return;
    }
    EXPECT_FALSE(key.sentence.empty()) << place;
    EXPECT_NE(key.fallback.empty(), key.example.empty()) << place << ": one of the two";
    EXPECT_FALSE(key.need == presence::required && !key.fallback.empty()) << place;
    EXPECT_EQ(key.type == key_type::choice || key.type == key_type::choices, !key.choices.empty());
  });
  EXPECT_GT(count, 50u);
}

TEST(key_table, NoTableHasAKeyTwice) {
  std::set<std::pair<const table_keys*, std::string>> seen;
  visit_all([&](const table_keys& in, const key_facts& key) {
    EXPECT_TRUE(seen.insert({&in, key.name}).second) << in.heading << " " << key.name;
  });
}

TEST(key_table, DefaultsAndExamplesAreOfTheirType) {
  visit_all([](const table_keys& in, const key_facts& key) {
    const auto place = in.heading + " " + key.name;
    const auto& text = key.fallback.empty() ? key.example : key.fallback;
    switch (key.type) {
      case key_type::size:
        EXPECT_TRUE(parse_size(text)) << place;
        break;
      case key_type::duration:
        EXPECT_TRUE(parse_duration(text)) << place;
        break;
      case key_type::address:
      case key_type::addresses:
        for (const auto& each : listed(text)) EXPECT_TRUE(parse_endpoint(each)) << place;
        break;
      case key_type::boolean:
        EXPECT_TRUE(text == "true" || text == "false") << place;
        break;
      case key_type::path:
        EXPECT_TRUE(text.starts_with('/')) << place;
        break;
      default:
        break;
    }
    for (const auto& each : key.choices.empty() ? std::vector<std::string>() : listed(text))
      EXPECT_NE(std::ranges::find(key.choices, each), key.choices.end()) << place;
  });
}

using key_defaults = configuration_directory;

// A configuration that is made in a program, as tests do, means what the shortest file means.
TEST_F(key_defaults, AreThoseOfTheStructures) {
  const auto gateway = read_gateway_config(put("gateway.toml", R"(
[gateway]
name = "g"
state = "/nowhere"
[nbd]
listen = "127.0.0.1:10809"
[control]
listen = "127.0.0.1:7331"
[[member]]
group = "lab"
name = "m1"
role = "primary"
journal = { directory = "/nowhere/journal" }
volume = [{ name = "v", path = "/nowhere/v", size = "1GiB" }]
)"));
  ASSERT_TRUE(gateway) << gateway.error().text;
  EXPECT_EQ(gateway->log_level, gateway_config{}.log_level);
  EXPECT_EQ(gateway->insecure, gateway_config{}.insecure);
  EXPECT_EQ(gateway->testing, testing_config{});
  EXPECT_EQ(gateway->members[0].journal_size_bytes, member_config{}.journal_size_bytes);
  EXPECT_EQ(gateway->members[0].segment_bytes, member_config{}.segment_bytes);

  const auto coordinator = read_coordinator_config(put("coordinator.toml", R"(
[coordinator]
name = "c"
group = "lab"
role = "primary"
state = "/nowhere"
socket = "/nowhere/s"
[http]
listen = "127.0.0.1:7380"
[[member]]
name = "m1"
control = "127.0.0.1:7331"
)"));
  ASSERT_TRUE(coordinator) << coordinator.error().text;
  EXPECT_EQ(coordinator->log_level, coordinator_config{}.log_level);
  EXPECT_EQ(coordinator->marker_interval, coordinator_config{}.marker_interval);
  EXPECT_EQ(coordinator->hold_limit, coordinator_config{}.hold_limit);
  EXPECT_EQ(coordinator->rpo_target, coordinator_config{}.rpo_target);
}

TEST(key_table, TextIsWrittenAsAFileWritesIt) {
  EXPECT_EQ(as_toml(key_type::size, "1GiB"), "\"1GiB\"");
  EXPECT_EQ(as_toml(key_type::boolean, "true"), "true");
  EXPECT_EQ(as_toml(key_type::choices, "sha256, sha1"), "[\"sha256\", \"sha1\"]");
  EXPECT_EQ(quoted_toml("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\n\\u0001\"");
}

}  // namespace
}  // namespace cairn
