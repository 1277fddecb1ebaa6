#include "tests/e2e/probe_check.h"

#include <algorithm>
#include <sstream>

#include "tests/e2e/nbd_connection.h"

namespace cairn::probe {
namespace {

using image = std::vector<std::byte>;  // of one volume, as far as the plan reaches

image read_image(const plan& p, const std::string& uri) {
  constexpr std::size_t piece = 1U << 20;
  nbd_connection from(uri);
  image out(p.volume_bytes());
  for (std::size_t at = 0; at < out.size(); at += piece)
    from.read(std::span(out).subspan(at, std::min(piece, out.size() - at)), at);
  return out;
}

std::span<const std::byte> block_at(const image& i, std::size_t offset) {
  return std::span(i).subspan(offset, block_bytes);
}

std::vector<std::uint64_t> newest_steps(const plan& p, const std::vector<image>& images) {
  std::vector<std::uint64_t> newest(p.chains, 0);
  for (const image& i : images)
    for (std::size_t at = 0; at < i.size(); at += block_bytes)
      if (const auto s = step_in(p, block_at(i, at)))
        newest[s->chain] = std::max(newest[s->chain], s->number);
  return newest;
}

// For each volume and slot the step whose bytes it must hold when the chain reached `newest`.
std::vector<std::vector<std::uint64_t>> expected_steps(const plan& p, std::uint32_t chain,
                                                       std::uint64_t newest) {
  std::vector<std::vector<std::uint64_t>> out(p.volumes, std::vector<std::uint64_t>(p.slots, 0));
  for (std::uint64_t k = 1; k <= newest; ++k) out[volume_of(p, {chain, k})][k % p.slots] = k;
  return out;
}

std::string describe(const plan& p, std::span<const std::byte> found) {
  if (const auto s = step_in(p, found)) {
    const block whole = content_of(p, *s);
    const bool intact = std::equal(found.begin(), found.end(), whole.begin());
    return (intact ? "step " : "a damaged step ") + std::to_string(s->number) + " of chain " +
           std::to_string(s->chain);
  }
  const bool zero = std::all_of(found.begin(), found.end(), [](std::byte b) { return !int(b); });
  return zero ? "zeroes" : "foreign bytes";
}

class chain_judge {
 public:
  chain_judge(const plan& p, const std::vector<image>& images, verdict& to)
      : plan_(p), images_(images), verdict_(to) {}

  void judge(std::uint32_t chain) {
    const std::uint64_t newest = verdict_.newest[chain];
    const auto expected = expected_steps(plan_, chain, newest);
    for (std::uint32_t v = 0; v < plan_.volumes; ++v)
      for (std::uint32_t slot = 0; slot < plan_.slots; ++slot)
        judge_block(chain, v, slot, expected[v][slot]);
  }

 private:
  void judge_block(std::uint32_t chain, std::uint32_t v, std::uint32_t slot, std::uint64_t k) {
    const std::uint64_t offset = offset_of(plan_, {chain, slot});
    const auto found = block_at(images_[v], offset);
    const block wanted = k == 0 ? block{} : content_of(plan_, {chain, k});
    if (std::equal(found.begin(), found.end(), wanted.begin())) return;
    std::ostringstream text;
    text << "chain " << chain << " reached step " << verdict_.newest[chain] << ", so volume " << v
         << " at " << offset << " must hold " << (k == 0 ? "zeroes" : "step " + std::to_string(k))
         << ", but holds " << describe(plan_, found);
    verdict_.violations.push_back(text.str());
  }

  const plan& plan_;
  const std::vector<image>& images_;
  verdict& verdict_;
};

void compare_with_log(const probe_log& log, bool nothing_lost, verdict& v) {
  for (std::size_t c = 0; c < log.chains.size(); ++c) {
    const chain_log& steps = log.chains[c];
    const std::uint64_t newest = v.newest[c];
    if (newest > steps.size()) {
      v.violations.push_back("chain " + std::to_string(c) + " holds step " +
                             std::to_string(newest) + ", which was never issued");
      continue;
    }
    v.steps_included += newest;
    if (newest > 0) v.newest_issued_ns = std::max(v.newest_issued_ns, steps[newest - 1].issued_ns);
    const auto lost =
        std::uint64_t(std::count_if(steps.begin() + std::ptrdiff_t(newest), steps.end(),
                                    [](const step_times& t) { return t.done_ns; }));
    v.steps_lost += lost;
    if (lost && nothing_lost)
      v.violations.push_back("chain " + std::to_string(c) + " lost " + std::to_string(lost) +
                             " acknowledged steps behind step " + std::to_string(newest));
  }
}

}  // namespace

verdict check_images(const probe_log& log, const std::vector<std::string>& uris,
                     bool nothing_lost) {
  std::vector<image> images;
  for (const std::string& uri : uris) images.push_back(read_image(log.of, uri));
  verdict v;
  v.newest = newest_steps(log.of, images);
  chain_judge judge(log.of, images, v);
  for (std::uint32_t c = 0; c < log.of.chains; ++c) judge.judge(c);
  compare_with_log(log, nothing_lost, v);
  return v;
}

std::string to_json(const verdict& v) {
  std::ostringstream out;
  out << "{\"newest\":[";
  for (std::size_t c = 0; c < v.newest.size(); ++c) out << (c ? "," : "") << v.newest[c];
  out << "],\"violation_count\":" << v.violations.size() << ",\"violations\":[";
  const std::size_t shown = std::min<std::size_t>(v.violations.size(), 10);
  for (std::size_t i = 0; i < shown; ++i) out << (i ? "," : "") << '"' << v.violations[i] << '"';
  out << "],\"newest_issued_ns\":" << v.newest_issued_ns
      << ",\"steps_included\":" << v.steps_included << ",\"steps_lost\":" << v.steps_lost << "}";
  return out.str();
}

}  // namespace cairn::probe
