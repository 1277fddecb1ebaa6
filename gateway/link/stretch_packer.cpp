#include "gateway/link/stretch_packer.h"

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

// Of rows of which the first `read` bytes were read: the one behind them.
sequence first_missing(const std::vector<row>& rows, std::uint64_t read) {
  std::uint64_t at = 0;
  for (const row& r : rows) {
    if (at == read) return first_of(r.what);
    at += stored_bytes(r.what.data_length);
  }
  return {};
}

void end_before(stretch& m, sequence damaged) {
  m.last = damaged.previous();
  std::erase_if(m.gaps, [&](const auto& gap) { return gap.first > damaged; });
}

// Alone in its stretch, since it takes as many sequences as it likes. What the peer has of it
// already is left out.
result<packed_stretch> pack_void_range(journal& from, const row& found, packed_stretch out) {
  raw_bytes& record = out.message.records;
  if (auto read = from.read_record(found, record); !read) {
    if (read.error().code != EBADMSG) return fail(read.error());
    out.damage = read.error();
    return out;
  }
  auto what = found.what;
  what.range = {out.message.first.value, what.seq.value - out.message.first.value + 1};
  std::ranges::copy(encode_header(what, 0), record.begin());
  out.message.void_range = true;
  out.message.last = what.seq;
  return out;
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
  if (!rows->empty() && rows->front().what.kind == record_kind::void_range)
    return pack_void_range(from, rows->front(), std::move(out));
  std::vector<row> with_bytes;
  std::uint64_t size = 0;
  for (const row& r : *rows) {
    if (r.what.kind == record_kind::void_range) break;
    const auto more = has_bytes(r) ? stored_bytes(r.what.data_length) : 0;
    if (size > 0 && size + more > order.bytes_max) break;
    size += more;
    if (has_bytes(r))
      with_bytes.push_back(r);
    else
      add_gap(out.message, r.what.seq);
    out.message.last = r.what.seq;
  }
  if (auto read = from.read_records(with_bytes, out.message.records); !read) {
    if (read.error().is != error_class::damage) return fail(read.error());
    out.damage = read.error();
    end_before(out.message, first_missing(with_bytes, out.message.records.size()));
  }
  if (rows->empty())
    return fail(EIO, "the journal has no record " + std::to_string(order.first.value));
  return out;
}

}  // namespace cairn
