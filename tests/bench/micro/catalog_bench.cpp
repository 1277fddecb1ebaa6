// Rows of finished appends into the catalog, a batch in one commit.
#include <benchmark/benchmark.h>

#include "tests/bench/micro/warm_journal.h"

namespace cairn {
namespace {

void catalog_rows(benchmark::State& state) {
  warm_journal j;
  const auto batch = static_cast<std::size_t>(state.range(0));
  const auto content = random_bytes(512);
  for (auto _ : state) {
    state.PauseTiming();
    for (std::size_t i = 0; i < batch; ++i) j.append(content);
    state.ResumeTiming();
    must(j.log().write_rows(batch));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(catalog_rows)->Arg(64)->Iterations(2'000);
BENCHMARK(catalog_rows)->Arg(4096)->Iterations(60);

}  // namespace
}  // namespace cairn
