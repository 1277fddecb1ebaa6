// Makes journals that a gateway would need hours or a stroke of bad luck for: a long tail that the
// catalog does not know, or a catalog of millions of records. Uses the product's own journal, as a
// gateway that is killed right afterwards would.
//
//   journal_maker DIRECTORY tail BYTES RECORD_BYTES VOLUME_BYTES
//   journal_maker DIRECTORY rows COUNT
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/crc32c.h"
#include "journal/journal.h"
#include "storage/posix_disk.h"

namespace cairn {
namespace {

constexpr std::size_t rows_at_once = 8192;
constexpr std::uint64_t records_between_syncs = 100'000;

int failed(const error& why) {
  std::printf("%s\n", why.text.c_str());
  return 1;
}

result<void> append(journal& log, record_kind kind, byte_range range, const bytes& data) {
  record draft;
  draft.kind = kind;
  draft.volume = 1;
  draft.range = range;
  draft.data_length = static_cast<std::uint32_t>(data.size());
  draft.data_crc = crc32c(data);
  const auto slot = log.reserve(draft);
  if (!slot) return fail(slot.error());
  const iovec one{const_cast<std::byte*>(data.data()), data.size()};
  return log.write(*slot, {&one, data.empty() ? 0U : 1U});
}

// Finished records without rows: what a kill leaves behind at the worst moment, and more of it.
result<void> make_tail(journal& log, std::uint64_t total, std::uint64_t each,
                       std::uint64_t volume) {
  const bytes data(each, std::byte{0x5a});
  for (std::uint64_t at = 0; at < total; at += each)
    CAIRN_TRY(append(log, record_kind::write, {at % volume, each}, data));
  return {};
}

result<void> catalogue(journal& log) {
  CAIRN_TRY(log.sync());
  for (;;) {
    const auto n = log.write_rows(rows_at_once);
    if (!n) return fail(n.error());
    if (*n < rows_at_once) return {};
  }
}

// Trims of one sector: the smallest records that there are. All destaged, none at a peer.
result<void> make_rows(journal& log, std::uint64_t count) {
  for (std::uint64_t i = 1; i <= count; ++i) {
    CAIRN_TRY(append(log, record_kind::trim, {i % 1024 * 512, 512}, {}));
    if (i % records_between_syncs == 0) CAIRN_TRY(catalogue(log));
  }
  CAIRN_TRY(catalogue(log));
  return log.save_backed(log.durable());
}

result<void> run(journal& log, int count, char** words) {
  const auto number = [&](int i) { return std::strtoull(words[i], nullptr, 10); };
  if (count == 6 && std::string_view(words[2]) == "tail")
    return make_tail(log, number(3), number(4), number(5));
  if (count == 4 && std::string_view(words[2]) == "rows") return make_rows(log, number(3));
  return fail(EINVAL, "usage: DIRECTORY tail BYTES RECORD_BYTES VOLUME_BYTES | rows COUNT");
}

int main_of(int count, char** words) {
  if (count < 3) return failed({EINVAL, "usage: DIRECTORY tail … | rows …"});
  journal_options options;
  options.directory = words[1];
  options.group = "lab";
  options.member = "m1";
  auto log = journal::open(posix_disk(), options, system_random(), nullptr);
  if (!log) return failed(log.error());
  if (auto made = run(**log, count, words); !made) return failed(made.error());
  std::fflush(stdout);
  _exit(0);  // as if killed: nothing is tidied up
}

}  // namespace
}  // namespace cairn

int main(int count, char** words) { return cairn::main_of(count, words); }
