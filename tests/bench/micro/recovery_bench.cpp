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

// A start with so many rows in the catalog, all backed and none trimmed, because the peer is away.
// Each takes 512 bytes of segments: ten million need 6.5 GB below $TMPDIR.
void start_with_rows(benchmark::State& state) {
  const auto rows = static_cast<std::uint64_t>(state.range(0));
  warm_journal j(rows * 600 + (256U << 20));
  for (std::uint64_t n = 0; n < rows; ++n) j.append({});
  must(j.log().sync());
  must(j.log().save_backed(j.log().durable()));
  for (auto _ : state) j.open_again();
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(start_with_rows)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(3)
    ->Arg(1'000'000)
    ->Arg(10'000'000);

}  // namespace
}  // namespace cairn
