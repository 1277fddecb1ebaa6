// Fuzz target for CDBs, their parameter lists, and the image of persistent reservations. Built with
// clang's libFuzzer it is the usual entry point; driver.h does without it.
//
// An input is a row of commands: which nexus (1), length of the list (2), CDB (16), the list; where
// the first byte is 0xff all that follows is an image.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "base/crc32c.h"
#include "iscsi/scsi/reservations.h"
#include "tests/fuzz/driver.h"
#include "tests/unit/scsi/odd_cdbs.h"

namespace {

using namespace cairn;
using namespace cairn::scsi;

constexpr std::byte image_follows{0xff};
constexpr std::size_t head_bytes = 3, command_bytes = head_bytes + 16, checksum_bytes = 4;

[[noreturn]] void broken(const char* what) {
  std::fprintf(stderr, "cdb_fuzz: %s\n", what);
  std::abort();
}

struct fixed_store final : reservation_store {
  bytes image;
  result<void> save(byte_view v) override {
    image.assign(v.begin(), v.end());
    return {};
  }
  result<bytes> load() override { return image; }
};

device_identity identity() {
  device_identity i;
  i.target_name = "iqn.2026-01.fuzz:volume";
  i.serial = "fuzz";
  i.size_bytes = 8U << 20;
  return i;
}

// Opens it, or refuses it as damaged or of another version; the right checksum is put under it.
void try_image(byte_view in) {
  fixed_store store;
  store.image.assign(in.begin(), in.end());
  field_writer(store.image).u32(crc32c(in));
  const auto opened = device::open(identity(), store);
  if (!opened && opened.error().code != EBADMSG && opened.error().code != EPROTONOSUPPORT)
    broken("an image refused for another reason");
}

void try_commands(byte_view in) {
  fixed_store store;
  auto unit = device::open(identity(), store);
  if (!unit) broken("an empty store was refused");
  std::mt19937_64 random(in.size());
  test::odd_cdbs odd(**unit, random);
  while (in.size() >= command_bytes) {
    const auto lun = in[0] == std::byte{0x80} ? 1ULL << 48 : 0;
    const auto list_bytes =
        std::min<std::size_t>(field_reader(in).u16(1), in.size() - command_bytes);
    cdb c;
    std::copy_n(in.begin() + head_bytes, c.size(), c.begin());
    const auto list = in.subspan(command_bytes, list_bytes);
    odd.run(odd.nexus(std::to_integer<std::size_t>(in[0])), lun, c, {list.begin(), list.end()});
    if (!odd.broken().empty()) broken(odd.broken().c_str());
    in = in.subspan(command_bytes + list_bytes);
  }
  // What was kept can be read again.
  if (const auto again = device::open(identity(), store); !again) broken("an image of ours");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view in = std::as_bytes(std::span(data, size));
  if (in.empty()) return 0;
  if (in[0] == image_follows)
    try_image(in.subspan(1));
  else
    try_commands(in);
  return 0;
}

#ifndef CAIRN_LIBFUZZER
namespace {

void append(bytes& out, std::byte nexus, const cdb& c, const bytes& list) {
  field_writer w(out);
  w.u8(std::to_integer<std::uint8_t>(nexus)).u16(list.size()).raw(c).raw(list);
}

cdb reserve_out(std::uint8_t action, std::uint8_t type) {
  cdb c{};
  store_be(c, 0, 0x5f, 1);
  store_be(c, 1, action, 1);
  store_be(c, 2, type, 1);
  store_be(c, 5, 24, 4);
  return c;
}

bytes keys(std::uint64_t key, std::uint64_t action_key) {
  bytes out;
  field_writer(out).u64(key).u64(action_key).u32(0).u8(1).zero(3);
  return out;
}

cdb of_list(std::uint8_t opcode, std::uint8_t byte_1, std::size_t length_at, std::size_t length) {
  cdb c{};
  store_be(c, 0, opcode, 1);
  store_be(c, 1, byte_1, 1);
  store_be(c, length_at, length, 1);
  return c;
}

// The nexus is told of the power on first.
bytes greeted() {
  bytes out;
  for (int n = 0; n < 3; ++n) append(out, static_cast<std::byte>(n), cdb{}, {});
  return out;
}

bytes every_command() {
  bytes out = greeted();
  for (const command_form& f : command_forms()) {
    cdb c{};
    store_be(c, 0, f.opcode, 1);
    if (f.has_action()) store_be(c, 1, f.service_action, 1);
    append(out, std::byte{0}, c, {});
  }
  return out;
}

bytes lists() {
  bytes out = greeted(), unmap_list, mode_list;
  field_writer(unmap_list).u16(38).u16(32).u32(0).u64(1).u32(2).u32(0).u64(9).u32(1).u32(0);
  append(out, std::byte{0}, of_list(0x42, 0, 8, 40), unmap_list);
  append(out, std::byte{0}, of_list(0x41, 0x08, 8, 3), bytes(512));
  append(out, std::byte{0}, of_list(0x93, 0x00, 13, 3), bytes(512, std::byte{1}));
  field_writer(mode_list)
      .u32(0)
      .u8(0x0a)
      .u8(0x0a)
      .u8(0)
      .u8(0x10)
      .u8(8)
      .u8(0x40)
      .zero(2)
      .u16(0xffff)
      .u16(0);
  append(out, std::byte{0}, of_list(0x15, 0x10, 4, 16), mode_list);
  return out;
}

bytes registered() {
  bytes out = greeted();
  append(out, std::byte{0}, reserve_out(0, 0), keys(0, 7));
  append(out, std::byte{0}, reserve_out(1, 5), keys(7, 0));
  append(out, std::byte{1}, reserve_out(6, 0), keys(0, 8));
  append(out, std::byte{1}, reserve_out(4, 3), keys(8, 7));
  return out;
}

std::vector<bytes> seeds() {
  reservations some;
  some.add({"iqn.a,i,0x1", 7});
  some.reserve("iqn.a,i,0x1", reservation_type::write_exclusive);
  auto image = some.image();
  image.resize(image.size() - checksum_bytes);
  image.insert(image.begin(), image_follows);
  return {every_command(), lists(), registered(), image};
}

bytes make(const std::vector<bytes>& seeds, std::mt19937_64& random) {
  bytes out = seeds[random() % seeds.size()];
  for (auto n = random() % 12; n > 0 && !out.empty(); --n)
    out[random() % out.size()] = static_cast<std::byte>(random());
  if (random() % 8 == 0) out.resize(random() % (out.size() + 1));
  return out;
}

}  // namespace

int main(int count, char** arguments) {
  return fuzz::drive({"cdb_fuzz", 200'000, seeds(), make}, count, arguments);
}
#endif
