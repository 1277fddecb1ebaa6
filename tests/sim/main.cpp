// cairn-sim: runs seeds of the simulator.
//
//   cairn-sim --seeds A..B   all of them; counts the situations met and fails where one was not met
//                            (--uncounted: then it doesn't)
//   cairn-sim --seed N       one; with --trace it tells what happens, on stderr
//   cairn-sim --known-failing [NAME]  what is known to fail (known_failing.h); of NAME: a seed does
//   --ordeal NAME            each seed has this ordeal (ordeal.h) and not its own
//
// Exit: 0 all well; 1 something that must never be was seen (or a situation was never met);
// 2 usage.
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "base/log.h"
#include "tests/sim/known_failing.h"
#include "tests/sim/site_pair.h"

namespace {

char current_seed[64] = "";

// Invariants abort: say which seed it was.
extern "C" void say_seed(int signal) {
  static constexpr char text[] = "\nreplay: build/bin/cairn-sim --trace --seed ";
  (void)!::write(2, text, sizeof text - 1);
  (void)!::write(2, current_seed, std::strlen(current_seed));
  (void)!::write(2, "\n", 1);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

struct arguments {
  std::uint64_t first = 1, last = 0;
  bool traced = false;
  bool counts_matter = false;
  bool lists = false;  // what is known to fail
  std::optional<cairn::sim::ordeal> ordeal;
};

// What --known-failing NAME stands for.
bool look_up(const char* name, arguments& out) {
  for (const auto& f : cairn::sim::known_failures()) {
    if (std::strcmp(cairn::sim::name_of(f.what), name) != 0) continue;
    out.ordeal = f.what;
    out.first = f.seed;
    out.last = f.seed + cairn::sim::known_failing_tries - 1;
    return true;
  }
  return false;
}

void list_known_failing() {
  for (const auto& f : cairn::sim::known_failures())
    std::printf("%s\t%s\t%s: %s\n", cairn::sim::name_of(f.what), f.says, f.rule, f.sentence);
}

bool parse(int count, char** words, arguments& out) {
  bool uncounted = false;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const char* value = i + 1 < count ? words[i + 1] : "";
    if (word == "--trace") {
      out.traced = true;
    } else if (word == "--uncounted") {
      uncounted = true;
    } else if (word == "--known-failing" && i + 1 == count) {
      out.lists = true;
      out.last = 1;
    } else if (word == "--known-failing") {
      if (!look_up(words[++i], out)) return false;
    } else if (word == "--ordeal") {
      out.ordeal = cairn::sim::ordeal_named(value);
      if (!out.ordeal) return false;
      ++i;
    } else if (word == "--seed") {
      out.first = out.last = std::strtoull(value, nullptr, 10);
      ++i;
    } else if (word == "--seeds") {
      char* dots = nullptr;
      out.first = std::strtoull(value, &dots, 10);
      if (std::strncmp(dots, "..", 2) != 0) return false;
      out.last = std::strtoull(dots + 2, nullptr, 10);
      out.counts_matter = true;
      ++i;
    } else {
      return false;
    }
  }
  out.counts_matter = out.counts_matter && !uncounted;
  return out.first <= out.last;
}

}  // namespace

int main(int count, char** words) {
  arguments args;
  if (!parse(count, words, args)) {
    std::fprintf(stderr,
                 "usage: cairn-sim --seeds A..B [--uncounted] | --seed N [--trace] [--ordeal NAME]"
                 " | --known-failing [NAME]\n");
    return 2;
  }
  if (args.lists) return list_known_failing(), 0;
  for (const int s : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) std::signal(s, say_seed);
  cairn::set_log_level(args.traced ? cairn::log_level::notice : cairn::log_level::none);
  cairn::sim::situations all;
  for (auto seed = args.first; seed <= args.last; ++seed) {
    std::snprintf(current_seed, sizeof current_seed, "%llu", static_cast<unsigned long long>(seed));
    cairn::sim::world w(seed, args.traced, args.ordeal.value_or(cairn::sim::ordeal_of(seed)));
    cairn::sim::site_pair(w).run();
    all.add(w.met);
  }
  std::printf("seeds %llu..%llu: no violation. Situations met:\n",
              static_cast<unsigned long long>(args.first),
              static_cast<unsigned long long>(args.last));
  const bool met = all.print();
  return met || !args.counts_matter ? 0 : 1;
}
