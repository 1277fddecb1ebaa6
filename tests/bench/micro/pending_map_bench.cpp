// The map of one volume with so many records pending: entering one, looking one up, settling one.
#include <benchmark/benchmark.h>

#include <random>

#include "gateway/volume/pending_map.h"

namespace cairn {
namespace {

constexpr std::uint64_t block = 4096;

// Writes of 4 KiB at random places of a volume that has room for twice as many.
class traffic {
 public:
  explicit traffic(std::uint64_t pending) : blocks_(2 * pending + 1) {}
  std::uint64_t offset() { return random_() % blocks_ * block; }
  record next() {
    record r;
    r.kind = record_kind::write;
    r.volume = 1;
    r.seq = last_ = last_.next();
    r.range = {offset(), block};
    r.data_length = block;
    return r;
  }

 private:
  const std::uint64_t blocks_;
  std::mt19937_64 random_{1};
  sequence last_;
};

struct filled {
  explicit filled(std::uint64_t pending) : from(pending) {
    for (std::uint64_t i = 0; i < pending; ++i) enter();
  }
  void enter() {
    records.push_back(from.next());
    map.insert(records.back(), {1, block});
  }
  traffic from;
  pending_map map;
  std::vector<record> records;
};

// One goes in, the oldest one comes out: as many are pending all the time.
void pending_insert_and_settle(benchmark::State& state) {
  filled f(static_cast<std::uint64_t>(state.range(0)));
  std::size_t oldest = 0;
  for (auto _ : state) {
    f.enter();
    const auto& r = f.records[oldest++];
    f.map.erase(r.range, r.seq);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pending_insert_and_settle)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void pending_lookup(benchmark::State& state) {
  filled f(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(f.map.lookup({f.from.offset(), block}));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pending_lookup)->Arg(0)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

}  // namespace
}  // namespace cairn
