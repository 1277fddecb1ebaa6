// What drives a fuzz target without libFuzzer: replays files and makes inputs from a seed.
//   TARGET [--seed N] [--runs N] [--seconds N] [FILE…]
// With --seconds it ends by the clock, not by --runs.
// Built with clang's libFuzzer (CAIRN_LIBFUZZER) a target does without it.
#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace cairn::fuzz {

inline bytes read_file(const char* name) {
  std::ifstream in(name, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const byte_view view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

inline void run(const bytes& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

struct driver {
  const char* name;
  std::uint64_t runs;
  std::vector<bytes> seeds;  // not empty
  // Makes an input, most often from one of the seeds.
  bytes (*make)(const std::vector<bytes>& seeds, std::mt19937_64& random);
};

inline int drive(driver d, int count, char** arguments) {
  using clock = std::chrono::steady_clock;
  std::uint64_t seed = 1, seconds = 0;
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--seed" && i + 1 < count)
      seed = std::strtoull(arguments[++i], nullptr, 10);
    else if (word == "--runs" && i + 1 < count)
      d.runs = std::strtoull(arguments[++i], nullptr, 10);
    else if (word == "--seconds" && i + 1 < count)
      seconds = std::strtoull(arguments[++i], nullptr, 10);
    else
      d.seeds.push_back(read_file(arguments[i]));
  }
  for (const bytes& input : d.seeds) run(input);
  std::mt19937_64 random(seed);
  const auto end = clock::now() + std::chrono::seconds(seconds);
  std::uint64_t done = 0;
  for (; seconds == 0 ? done < d.runs : clock::now() < end; ++done) run(d.make(d.seeds, random));
  std::printf("%s: %llu runs from seed %llu\n", d.name, static_cast<unsigned long long>(done),
              static_cast<unsigned long long>(seed));
  return 0;
}

}  // namespace cairn::fuzz
