#include "tests/crash/power_seeds.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/log.h"

namespace cairn {
namespace {

char current_seed[64] = "";

extern "C" void say_seed(int) {
  (void)!::write(2, current_seed, std::strlen(current_seed));
  std::signal(SIGABRT, SIG_DFL);
  std::raise(SIGABRT);
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

std::uint64_t for_each_seed(seed_counts counts, const std::function<void(std::uint64_t)>& run) {
  // Deaths are what these tests are about: each makes the product say what it can no longer do.
  set_log_level(log_level::none);
  std::signal(SIGABRT, say_seed);
  const auto only = from_environment("CAIRN_POWER_SEED", 0);
  const auto wanted = from_environment("CAIRN_FULL", 0) == 1 ? counts.full : counts.usual;
  const auto last = only != 0 ? only : from_environment("CAIRN_POWER_SEEDS", wanted);
  const auto first = only != 0 ? only : 1;
  for (auto seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) {
    std::snprintf(current_seed, sizeof current_seed, "\nto repeat: CAIRN_POWER_SEED=%llu\n",
                  static_cast<unsigned long long>(seed));
    SCOPED_TRACE("CAIRN_POWER_SEED=" + std::to_string(seed));
    run(seed);
  }
  return last - first + 1;
}

}  // namespace cairn
