// Fuzz target for frames of links and control connections, and for the records in a stretch. Built
// with clang's libFuzzer it is the usual entry point; driver.h does without it.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <random>
#include <vector>

#include "base/crc32c.h"
#include "replication/receiver.h"
#include "replication/wire.h"
#include "replication/wire_life.h"
#include "tests/fuzz/driver.h"
#include "tests/unit/replication/life_samples.h"
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

// The same for the messages that are still to come.
template <class M, class Decode>
void check_life(const result<M>& decoded, Decode decode) {
  if (!decoded) {
    if (decoded.error().code != EPROTO || decoded.error().text.empty())
      broken("a refusal without EPROTO and a sentence");
    return;
  }
  const bytes again = encode_life(*decoded);
  const byte_view all(again);
  const auto second = decode(all.first(frame_prefix_bytes), all.subspan(frame_prefix_bytes));
  if (!second || !(*second == *decoded)) broken("a message to come did not survive a second trip");
}

// What a receiver takes of a stretch follows what it has and lies within its volumes.
void check_stretch(const stretch& s) {
  const hello accepted = samples::a_hello();
  const receiver at(accepted, s.first.previous(), ~std::uint64_t{0});
  const auto verdict = at.on_stretch(s);
  const auto* taken = std::get_if<std::vector<arrived_record>>(&verdict);
  if (!taken) return;
  sequence due = s.first;
  for (const arrived_record& one : *taken) {
    if (first_of(one.what) != due) broken("a record was taken out of order");
    if (one.data.size() != one.what.data_length) broken("a record with other data than it says");
    const auto& volumes = accepted.volumes;
    if (one.what.volume > volumes.size()) broken("a record of no volume was taken");
    if (one.what.volume != 0 && !one.what.range.within(volumes[one.what.volume - 1].size_bytes))
      broken("a record outside its volume was taken");
    due = one.what.seq.next();
  }
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
  const auto link = decode_link(prefix, head, body);
  check(link, [](byte_view p, byte_view h, byte_view b) { return decode_link(p, h, b); });
  if (link && std::holds_alternative<stretch>(*link)) check_stretch(std::get<stretch>(*link));
  check(decode_control(prefix, head),
        [](byte_view p, byte_view h, byte_view) { return decode_control(p, h); });
  check_life(decode_link_life(prefix, head), decode_link_life);
  check_life(decode_control_life(prefix, head), decode_control_life);
  return 0;
}

#ifndef CAIRN_LIBFUZZER
namespace {

std::vector<bytes> seeds() {
  std::vector<bytes> out;
  for (const link_message& m : samples::link_messages()) out.push_back(encode(m));
  for (const control_message& m : samples::control_messages()) out.push_back(encode(m));
  for (const auto& m : samples::link_life_messages()) out.push_back(encode_life(m));
  for (const auto& m : samples::control_life_messages()) out.push_back(encode_life(m));
  return out;
}

void mutate(bytes& frame, std::mt19937_64& random) {
  for (auto n = 1 + random() % 6; n > 0; --n) {
    const std::size_t at = random() % 16 == 0 ? random() % frame.size()
                                              : frame_prefix_bytes + random() % (frame.size() - 15);
    if (at < frame.size()) frame[at] = static_cast<std::byte>(random());
  }
}

// Records whose checksums match and whose fields are as odd as they come.
bytes odd_stretch(std::mt19937_64& random) {
  const std::uint64_t numbers[] = {0, 1, 2, 512, 4096, 1U << 20, 1U << 30, ~0ULL >> 1, ~0ULL};
  const std::size_t body_bytes[] = {marker_body_bytes, named_body_bytes, members_body_least};
  const auto odd = [&] { return numbers[random() % std::size(numbers)]; };
  stretch s;
  s.sender = incarnation(2);
  s.first = sequence(1);
  for (s.last = sequence(0); s.last.value < 1 + random() % 3;) {
    s.last = s.last.next();
    record r;
    r.kind = static_cast<record_kind>(random() % 15);
    r.made_in = incarnation(random() % 4);
    r.seq = random() % 16 == 0 ? sequence(odd()) : s.last;
    r.volume = static_cast<std::uint32_t>(random() % 4);
    r.range = {odd(), random() % 2 ? 512 : odd()};
    const bytes content(random() % 4 == 0 ? body_bytes[random() % 3] : 512, std::byte{9});
    r.data_length = random() % 8 == 0 ? static_cast<std::uint32_t>(odd())
                                      : static_cast<std::uint32_t>(content.size());
    r.data_crc = crc32c(content);
    const auto header = encode_header(r, 0);
    s.records.insert(s.records.end(), header.begin(), header.end());
    s.records.insert(s.records.end(), content.begin(), content.end());
    s.records.resize(align_up(s.records.size(), record_alignment));
  }
  return encode(link_message(std::move(s)));
}

bytes make(const std::vector<bytes>& inputs, std::mt19937_64& random) {
  if (random() % 4 == 0) return odd_stretch(random);
  bytes input = inputs[random() % inputs.size()];
  if (input.size() >= frame_prefix_bytes) mutate(input, random);
  return input;
}

}  // namespace

int main(int count, char** arguments) {
  return fuzz::drive({"wire_fuzz", 200'000, seeds(), make}, count, arguments);
}
#endif
