// What the causal probe writes where: a pure function of the seed.
//
// A chain is a row of steps, each issued only after the one before it was acknowledged or read.
// Step k of chain c is one block, on a volume drawn by (seed, c, k), at slot k mod `slots` of the
// chain's region. So from the newest step that an image holds, every byte that the image must hold
// follows, and a step without its predecessor can't hide. Steps count from 1.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace cairn::probe {

inline constexpr std::size_t block_bytes = 4096;
using block = std::array<std::byte, block_bytes>;

struct plan {
  std::uint64_t seed = 0;
  std::uint32_t volumes = 0;
  std::uint32_t chains = 0;
  std::uint32_t slots = 1024;  // of each chain on each volume

  std::uint64_t volume_bytes() const { return std::uint64_t(chains) * slots * block_bytes; }
};

struct step {
  std::uint32_t chain = 0;
  std::uint64_t number = 0;  // from 1
};

std::uint32_t volume_of(const plan& p, step s);
std::uint64_t offset_of(const plan& p, step s);
// Whether the step counts as done when another connection reads it, not when it is acknowledged.
bool seen_by_read(const plan& p, step s);
block content_of(const plan& p, step s);
// The step that a block says it holds; nullopt where it was never written by this plan.
std::optional<step> step_in(const plan& p, std::span<const std::byte> bytes);

}  // namespace cairn::probe
