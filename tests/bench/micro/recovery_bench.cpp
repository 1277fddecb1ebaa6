// A start after a kill: a tail of records without rows is found by the scan, checked, and entered
// into the catalog.
#include <benchmark/benchmark.h>

#include "tests/bench/micro/warm_journal.h"

namespace cairn {
namespace {

void recovery(benchmark::State& state) {
  warm_journal j;
  const auto content = random_bytes(static_cast<std::size_t>(state.range(0)));
  const auto tail_bytes = static_cast<std::uint64_t>(state.range(1)) << 20;
  const auto records = tail_bytes / stored_bytes(static_cast<std::uint32_t>(content.size()));
  for (auto _ : state) {
    state.PauseTiming();
    j.forget_all();
    for (std::uint64_t i = 0; i < records; ++i) j.append(content);
    state.ResumeTiming();
    j.open_again();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(tail_bytes));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records));
}
BENCHMARK(recovery)
    ->ArgNames({"data", "tail_mib"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(5)
    ->Args({4096, 64})
    ->Args({4096, 512})
    ->Args({65536, 512});

}  // namespace
}  // namespace cairn
