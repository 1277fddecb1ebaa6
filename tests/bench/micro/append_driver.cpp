// N writes of BYTES bytes, one behind the other, to a fresh journal or a fresh member, and nothing
// else: run under callgrind with N and with 2 N, the difference is what N of them cost.
//
//   cairn-append-driver journal|member N BYTES
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/crc32c.h"
#include "base/log.h"
#include "gateway/member/member.h"
#include "storage/posix_disk.h"
#include "tests/unit/gateway/temporary_directory.h"

namespace cairn {
namespace {

constexpr std::uint64_t segment_bytes = 64U << 20;  // one is enough for all N
constexpr std::uint64_t volume_bytes = 1U << 30;

int complain(const error& e) {
  std::fprintf(stderr, "%s\n", e.text.c_str());
  return 1;
}

member_config config_in(const temporary_directory& where) {
  member_config c;
  c.group = "bench";
  c.name = "m1";
  c.journal = where / "journal";
  c.segment_bytes = segment_bytes;
  c.journal_size_bytes = 16 * segment_bytes;
  c.volumes.push_back({"v", where / "v.img", volume_bytes});
  return c;
}

result<void> append(journal& log, byte_view content, std::uint64_t offset) {
  record r;
  r.kind = record_kind::write;
  r.volume = 1;
  r.range = {offset, content.size()};
  r.data_length = static_cast<std::uint32_t>(content.size());
  r.data_crc = crc32c(content);
  const auto slot = log.reserve(r);
  if (!slot) return fail(slot.error());
  const iovec part{const_cast<std::byte*>(content.data()), content.size()};
  return log.write(*slot, std::span(&part, 1));
}

int run(bool whole_member, std::uint64_t count, std::uint64_t length) {
  set_log_level(log_level::error);
  const temporary_directory where;
  auto opened = member::open(posix_disk(), config_in(where), "gateway", {}, system_random());
  if (!opened) return complain(opened.error());
  auto& m = **opened;
  const bytes content(length, std::byte{0x5a});
  for (std::uint64_t i = 0; i < count; ++i) {
    // Scattered, so that nothing in the pending map is overwritten.
    const auto offset = i * 7919 % (volume_bytes / length) * length;
    result<void> done;
    if (whole_member)
      m.write(0, content, offset, false, [&](result<void> r) { done = std::move(r); });
    else
      done = append(m.log(), content, offset);
    if (!done) return complain(done.error());
  }
  return 0;
}

}  // namespace
}  // namespace cairn

int main(int count, char** words) {
  if (count != 4) {
    std::fprintf(stderr, "usage: cairn-append-driver journal|member N BYTES\n");
    return 2;
  }
  return cairn::run(std::strcmp(words[1], "member") == 0, std::strtoull(words[2], nullptr, 10),
                    std::strtoull(words[3], nullptr, 10));
}
