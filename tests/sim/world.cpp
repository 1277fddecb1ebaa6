#include "tests/sim/world.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace cairn::sim {

void dice::fill(byte_span out) {
  for (std::size_t at = 0; at < out.size(); at += 8) {
    const auto n = next();
    std::memcpy(out.data() + at, &n, std::min<std::size_t>(8, out.size() - at));
  }
}

std::uint64_t dice::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

bool world::step() {
  if (queue_.empty()) return false;
  auto next = queue_.extract(queue_.begin());
  now_ = std::max(now_, next.key().first);
  next.mapped()();
  return true;
}

void world::run_until(time_us end) {
  while (!queue_.empty() && queue_.begin()->first.first <= end) step();
  now_ = std::max(now_, end);
}

void world::run_nested(unsigned events) {
  ++depth_;
  for (unsigned i = 0; i < events; ++i) step();
  --depth_;
}

void world::run_nested_for(time_us length) {
  ++depth_;
  run_until(now_ + length);
  --depth_;
}

void world::trace(const std::string& what) const {
  std::fprintf(stderr, "%9.3f ms %*s%s\n", static_cast<double>(now_) / 1000,
               static_cast<int>(depth_ * 2), "", what.c_str());
}

void world::fail(const std::string& what) const {
  std::fflush(stdout);
  std::fprintf(stderr,
               "seed %llu FAILED at %.3f ms: %s\n"
               "replay: build/bin/cairn-sim --seed %llu --ordeal %s --trace\n",
               static_cast<unsigned long long>(seed_), static_cast<double>(now_) / 1000,
               what.c_str(), static_cast<unsigned long long>(seed_), name_of(ordeal));
  std::_Exit(1);
}

}  // namespace cairn::sim
