// Fuzz target for frames of links and control connections. Built with clang's libFuzzer it is the
// usual entry point; the driver below replays files and mutates them from a seed without it:
//   wire_fuzz [--seed N] [--runs N] [FILE…]
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "base/crc32c.h"
#include "replication/wire.h"
#include "tests/unit/replication/samples.h"

namespace {

using namespace cairn;

[[noreturn]] void broken(const char* what) {
  std::fprintf(stderr, "wire_fuzz: %s\n", what);
  std::abort();
}

// A message that was accepted must be one that can be sent again and then reads the same.
template <class M, class Decode>
void check(const result<M>& decoded, Decode decode) {
  if (!decoded) {
    if (decoded.error().code != EPROTO || decoded.error().text.empty())
      broken("a refusal without EPROTO and a sentence");
    return;
  }
  const bytes again = encode(*decoded);
  const byte_view all(again);
  const auto sizes = decode_prefix(all.first(frame_prefix_bytes));
  if (!sizes) broken("a frame of ours has a bad prefix");
  const auto second =
      decode(all.first(frame_prefix_bytes), all.subspan(frame_prefix_bytes, sizes->head),
             all.subspan(frame_prefix_bytes + sizes->head));
  if (!second || !(*second == *decoded)) broken("a message did not survive a second trip");
}

// Gives the frame a right checksum, so that what lies behind it is reached.
bytes sealed(byte_view in, std::size_t head) {
  bytes out(in.begin(), in.end());
  const byte_view all(out);
  store_le(out, 12, crc32c(all.subspan(frame_prefix_bytes, head), crc32c(all.first(12))));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view in = std::as_bytes(std::span(data, size));
  if (in.size() < frame_prefix_bytes) return 0;
  const auto sizes = decode_prefix(in.first(frame_prefix_bytes));
  if (!sizes || in.size() - frame_prefix_bytes < sizes->head + sizes->body) return 0;
  const bytes frame = sealed(in, sizes->head);
  const byte_view all(frame);
  const byte_view prefix = all.first(frame_prefix_bytes);
  const byte_view head = all.subspan(frame_prefix_bytes, sizes->head);
  const byte_view body = all.subspan(frame_prefix_bytes + sizes->head, sizes->body);
  check(decode_link(prefix, head, body), decode_link);
  check(decode_control(prefix, head),
        [](byte_view p, byte_view h, byte_view) { return decode_control(p, h); });
  return 0;
}

#ifndef CAIRN_LIBFUZZER
namespace {

std::vector<bytes> seeds() {
  std::vector<bytes> out;
  for (const link_message& m : samples::link_messages()) out.push_back(encode(m));
  for (const control_message& m : samples::control_messages()) out.push_back(encode(m));
  return out;
}

bytes read_file(const char* name) {
  std::ifstream in(name, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const byte_view view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

void run(const bytes& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

void mutate(bytes& frame, std::mt19937_64& random) {
  for (auto n = 1 + random() % 6; n > 0; --n) {
    const std::size_t at = random() % 16 == 0 ? random() % frame.size()
                                              : frame_prefix_bytes + random() % (frame.size() - 15);
    if (at < frame.size()) frame[at] = static_cast<std::byte>(random());
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t seed = 1, runs = 200'000;
  std::vector<bytes> inputs = seeds();
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--seed" && i + 1 < count)
      seed = std::strtoull(arguments[++i], nullptr, 10);
    else if (word == "--runs" && i + 1 < count)
      runs = std::strtoull(arguments[++i], nullptr, 10);
    else
      inputs.push_back(read_file(arguments[i]));
  }
  for (const bytes& input : inputs) run(input);
  std::mt19937_64 random(seed);
  for (std::uint64_t i = 0; i < runs; ++i) {
    bytes input = inputs[random() % inputs.size()];
    if (input.size() >= frame_prefix_bytes) mutate(input, random);
    run(input);
  }
  std::printf("wire_fuzz: %llu runs from seed %llu\n", static_cast<unsigned long long>(runs),
              static_cast<unsigned long long>(seed));
}
#endif
