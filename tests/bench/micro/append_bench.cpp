// One host write as the journal sees it: reserve, one pwritev into the page cache, finished. The
// catalog's rows are written behind it by another thread, as in a member.
#include <benchmark/benchmark.h>

#include "tests/bench/micro/warm_journal.h"

namespace cairn {
namespace {

std::unique_ptr<warm_journal> shared;

void set_up(const benchmark::State&) {
  shared = std::make_unique<warm_journal>();
  shared->start_rows();
}

void tear_down(const benchmark::State&) { shared.reset(); }

void append(benchmark::State& state) {
  const auto content = random_bytes(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) shared->append(content);
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.SetItemsProcessed(state.iterations());
}

// So many that they fit into the journal: nothing is trimmed while it is measured.
BENCHMARK(append)->Setup(set_up)->Teardown(tear_down)->UseRealTime()->Args({4096})->Iterations(
    120'000);
BENCHMARK(append)
    ->Setup(set_up)
    ->Teardown(tear_down)
    ->UseRealTime()
    ->Args({4096})
    ->Threads(4)
    ->Iterations(30'000);
BENCHMARK(append)->Setup(set_up)->Teardown(tear_down)->UseRealTime()->Args({65536})->Iterations(
    8'000);
BENCHMARK(append)
    ->Setup(set_up)
    ->Teardown(tear_down)
    ->UseRealTime()
    ->Args({65536})
    ->Threads(4)
    ->Iterations(2'000);

}  // namespace
}  // namespace cairn
