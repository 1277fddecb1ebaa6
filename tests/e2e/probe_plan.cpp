#include "tests/e2e/probe_plan.h"

#include <cstring>

namespace cairn::probe {
namespace {

constexpr std::uint64_t magic = 0x43617573616c2e31;  // "Causal.1"

std::uint64_t mix(std::uint64_t x) {  // splitmix64's finalizer
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::uint64_t draw(const plan& p, step s) { return mix(mix(mix(p.seed) ^ s.chain) ^ s.number); }

}  // namespace

std::uint32_t volume_of(const plan& p, step s) {
  return std::uint32_t(draw(p, s) >> 8) % p.volumes;
}

std::uint64_t offset_of(const plan& p, step s) {
  return (std::uint64_t(s.chain) * p.slots + s.number % p.slots) * block_bytes;
}

bool seen_by_read(const plan& p, step s) { return draw(p, s) % 4 == 0; }

block content_of(const plan& p, step s) {
  std::array<std::uint64_t, block_bytes / sizeof(std::uint64_t)> words;
  words[0] = magic;
  words[1] = p.seed;
  words[2] = volume_of(p, s);
  words[3] = s.chain;
  words[4] = s.number;
  std::uint64_t x = draw(p, s);
  for (std::size_t i = 5; i < words.size(); ++i) {
    x = x * 6364136223846793005 + 1442695040888963407;
    words[i] = x;
  }
  block out;
  std::memcpy(out.data(), words.data(), out.size());
  return out;
}

std::optional<step> step_in(const plan& p, std::span<const std::byte> bytes) {
  std::array<std::uint64_t, 5> head;
  std::memcpy(head.data(), bytes.data(), sizeof head);
  if (head[0] != magic || head[1] != p.seed || head[3] >= p.chains) return std::nullopt;
  return step{std::uint32_t(head[3]), head[4]};
}

}  // namespace cairn::probe
