// The way of a stretch over the link, without the link: packed and encoded at the sender, decoded
// and checked at the receiver.
#include <benchmark/benchmark.h>

#include "gateway/link/stretch_packer.h"
#include "replication/receiver.h"
#include "replication/wire.h"
#include "tests/bench/micro/warm_journal.h"

namespace cairn {
namespace {

constexpr std::uint64_t stretch_bytes = 1U << 20;
constexpr std::uint64_t volume_bytes = 1ULL << 40;

// A journal with one stretch of records, and what its receiver knows.
struct link_ends {
  explicit link_ends(std::size_t data_bytes) {
    const auto content = random_bytes(data_bytes);
    order.first = j.log().assigned().next();
    for (std::uint64_t n = 0; n < stretch_bytes; n += stored_bytes(content.size()))
      j.append(content);
    order.last = j.log().assigned();
    order.bytes_max = stretch_bytes;
    accepted.starts = j.log().starts();
    accepted.volumes.push_back({1, system_random().make_uuid(), "v", volume_bytes, 1, "1", true});
  }
  stretch pack() {
    auto packed = pack_stretch(j.log(), order, j.log().current());
    must(packed);
    return std::move(packed->message);
  }
  warm_journal j;
  stretch_order order;
  hello accepted;
};

void pack_a_stretch(benchmark::State& state) {
  link_ends ends(static_cast<std::size_t>(state.range(0)));
  std::size_t length = 0;
  for (auto _ : state) {
    const auto frame = encode(link_message(ends.pack()));
    benchmark::DoNotOptimize(frame.data());
    length = frame.size();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(length));
}
BENCHMARK(pack_a_stretch)->Arg(512)->Arg(4096)->Arg(65536);

void parse_and_check_a_stretch(benchmark::State& state) {
  link_ends ends(static_cast<std::size_t>(state.range(0)));
  const auto frame = encode(link_message(ends.pack()));
  const receiver decides(ends.accepted, ends.order.first.previous());
  for (auto _ : state) {
    const auto whole = byte_view(frame);
    const auto sizes = decode_prefix(whole.first(frame_prefix_bytes));
    must(sizes);
    const auto head = whole.subspan(frame_prefix_bytes, sizes->head);
    const auto decoded = decode_link(whole.first(frame_prefix_bytes), head,
                                     whole.subspan(frame_prefix_bytes + sizes->head, sizes->body));
    must(decoded);
    const auto verdict = decides.on_stretch(std::get<stretch>(*decoded));
    if (!std::holds_alternative<std::vector<arrived_record>>(verdict)) std::abort();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(frame.size()));
}
BENCHMARK(parse_and_check_a_stretch)->Arg(512)->Arg(4096)->Arg(65536);

}  // namespace
}  // namespace cairn
