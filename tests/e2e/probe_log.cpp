#include "tests/e2e/probe_log.h"

#include <chrono>
#include <fstream>
#include <stdexcept>

namespace cairn::probe {

std::uint64_t now_ns() {
  return std::uint64_t(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

void save(const probe_log& log, const std::string& file) {
  std::ofstream out(file);
  out << log.of.seed << ' ' << log.of.volumes << ' ' << log.of.chains << ' ' << log.of.slots
      << '\n';
  for (std::size_t c = 0; c < log.chains.size(); ++c)
    for (std::size_t k = 0; k < log.chains[c].size(); ++k)
      out << c << ' ' << k + 1 << ' ' << log.chains[c][k].issued_ns << ' '
          << log.chains[c][k].done_ns << '\n';
  if (!out.flush()) throw std::runtime_error("write " + file + " failed");
}

probe_log load(const std::string& file) {
  std::ifstream in(file);
  probe_log log;
  if (!(in >> log.of.seed >> log.of.volumes >> log.of.chains >> log.of.slots))
    throw std::runtime_error(file + " is not a log of the probe");
  log.chains.resize(log.of.chains);
  std::size_t chain = 0, number = 0;
  step_times times;
  while (in >> chain >> number >> times.issued_ns >> times.done_ns) {
    if (chain >= log.chains.size() || number != log.chains[chain].size() + 1)
      throw std::runtime_error(file + ": steps out of order");
    log.chains[chain].push_back(times);
  }
  return log;
}

}  // namespace cairn::probe
