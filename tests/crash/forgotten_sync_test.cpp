// The member's power cuts, with every second fdatasync of one kind of file left out on purpose:
// this must be noticed, or the tests that find nothing say nothing.
#include <gtest/gtest.h>

#include <sys/wait.h>

#include "base/log.h"
#include "tests/crash/member_lives.h"

namespace cairn {
namespace {

constexpr int lives = 40;
constexpr std::uint64_t seeds = 20;
constexpr unsigned every = 2;

using run_of_lives = std::string (*)(std::uint64_t, int, cut_counts&, const forgotten_syncs&);

[[noreturn]] void look_for_violations(run_of_lives live, const forgotten_syncs& forgets) {
  set_log_level(log_level::none);
  cut_counts seen;
  unsigned noticed = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    noticed += live(seed, lives, seen, forgets).empty() ? 0 : 1;
  std::fprintf(stderr, "noticed with %u of %lu seeds\n", noticed, seeds);
  std::_Exit(noticed > seeds / 2 ? 0 : 1);
}

// In a process of its own: an assertion of the product may be the one that notices.
bool noticed(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGABRT;
}

struct left_out {
  const char* name;
  const char* files;
};

class ForgottenSync : public testing::TestWithParam<left_out> {};

TEST_P(ForgottenSync, OfAPrimaryIsNoticed) {
  EXPECT_EXIT(look_for_violations(live_as_primary, {GetParam().files, every}), noticed, "");
}

TEST_P(ForgottenSync, OfASecondaryIsNoticed) {
  EXPECT_EXIT(look_for_violations(live_as_secondary, {GetParam().files, every}), noticed, "");
}

INSTANTIATE_TEST_SUITE_P(MemberPower, ForgottenSync,
                         testing::Values(left_out{"Segments", "/segments/"},
                                         left_out{"BackingFiles", "/volumes/"},
                                         left_out{"Catalog", "/catalog.db"}),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace cairn
