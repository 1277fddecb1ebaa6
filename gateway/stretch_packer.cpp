#include "gateway/stretch_packer.h"

#include <algorithm>
#include <cerrno>

namespace cairn {
namespace {

// A gap that recovery made has no bytes anywhere; a gap that was written over a failed append has.
bool has_bytes(const row& r) { return r.at.segment != 0; }

void add_gap(stretch& to, sequence at) {
  if (!to.gaps.empty() && to.gaps.back().second.next() == at)
    to.gaps.back().second = at;
  else
    to.gaps.emplace_back(at, at);
}

bool fits(const stretch& so_far, const row& next, std::uint64_t bytes_max) {
  if (!has_bytes(next) || so_far.records.empty()) return true;
  return so_far.records.size() + stored_bytes(next.what.data_length) <= bytes_max;
}

}  // namespace

result<packed_stretch> pack_stretch(journal& from, const stretch_order& order, incarnation sender) {
  const std::size_t rows_max = order.last.value - order.first.value + 1;
  const auto rows = from.rows(order.first, order.last, rows_max, order.bytes_max);
  if (!rows) return fail(rows.error());
  packed_stretch out;
  out.message.sender = sender;
  out.message.first = order.first;
  out.message.last = order.first.previous();
  for (const row& r : *rows) {
    if (!fits(out.message, r, order.bytes_max)) break;
    if (!has_bytes(r)) {
      add_gap(out.message, r.what.seq);
    } else if (auto read = from.read_record(r, out.message.records); !read) {
      if (read.error().code != EBADMSG) return fail(read.error());
      out.damage = read.error();
      break;
    }
    out.message.last = r.what.seq;
  }
  if (rows->empty())
    return fail(EIO, "the journal has no record " + std::to_string(order.first.value));
  return out;
}

}  // namespace cairn
