#include "journal/scan.h"

#include <algorithm>
#include <cerrno>

#include "base/crc32c.h"

namespace cairn {
namespace {

constexpr std::uint64_t run_bytes_max = 1U << 20;
constexpr std::uint64_t chunk_bytes = 2 * (record_data_max + sync_block_bytes);

// A part of the segment in memory; always holds the whole record that begins at the position asked
// for, because a record is shorter than half a chunk.
class window {
 public:
  explicit window(const scan_range& range) : range_(range) {}

  // Bytes from `position` to the end of what was read: at least a record's longest, or all there
  // is.
  result<byte_view> at(std::uint64_t position) {
    const auto wanted = std::min(position + chunk_bytes / 2, range_.end);
    if (position < start_ || wanted > start_ + held_.size()) {
      start_ = position;
      held_.resize(std::min(chunk_bytes, range_.end - position));
      CAIRN_TRY(range_.in->store->read(held_, start_));
    }
    return byte_view(held_).subspan(position - start_);
  }

 private:
  const scan_range& range_;
  std::uint64_t start_ = 0;
  raw_bytes held_;
};

// Conditions 9 to 12; nullopt where one does not hold.
std::optional<found_record> judge(const record& r, byte_view there, const scan_rules& rules) {
  if (first_of(r) <= rules.above || (rules.made_in && r.made_in != *rules.made_in))
    return std::nullopt;
  if (there.size() < stored_bytes(r.data_length)) return std::nullopt;
  const auto data = there.subspan(record_header_bytes, r.data_length);
  if (crc32c(data) != r.data_crc || !valid_body(r.kind, data)) return std::nullopt;
  found_record out{{r, {}}, {}};
  if (carries_marker(r.kind)) out.marker = decode_marker_body(data);
  return out;
}

tl::unexpected<error> damaged(const segment& in, const row& where, const char* how) {
  return fail(EBADMSG, "record " + std::to_string(where.what.seq.value) + " in " +
                           in.store->path() + " at " + std::to_string(where.at.position) +
                           " is damaged: " + how);
}

bool same_record(const record& a, record b) {
  b.durable_then = a.durable_then;  // the catalog does not keep it
  return a == b;
}

// nullptr: none.
const char* damage_of(byte_view there, const row& where, std::uint64_t salt) {
  const auto header = decode_header(there, salt);
  if (!header) return "no valid header";
  if (!same_record(*header, where.what)) return "its header is another record's";
  if (crc32c(there.subspan(record_header_bytes, header->data_length)) != header->data_crc)
    return "the checksum of its data does not match";
  return nullptr;
}

}  // namespace

result<void> scan_segment(const scan_range& range, const scan_rules& rules,
                          std::vector<found_record>& found) {
  window view(range);
  scan_rules now = rules;
  for (auto at = range.from; at + record_alignment <= range.end;) {
    const auto there = view.at(at);
    if (!there) return fail(there.error());
    const auto header = decode_header(*there, range.in->head.salt);
    if (!header)
      if (const auto why = unknown_in(*there, range.in->head.salt); !why.empty())
        return fail(EPROTONOSUPPORT, "a record in " + range.in->store->path() + " at " +
                                         std::to_string(at) + ": " + why);
    auto counted = header ? judge(*header, *there, now) : std::nullopt;
    // A torn record is stepped through, not over: only what counts vouches for its length.
    at += counted ? stored_bytes(header->data_length) : record_alignment;
    if (!counted) continue;
    counted->what.at = {range.in->head.number, at - stored_bytes(header->data_length)};
    now.above = header->seq;
    found.push_back(std::move(*counted));
  }
  return {};
}

std::size_t run_length(std::span<const row> rows) {
  const auto follows = [](const row& a, const row& b) {
    return a.at.segment == b.at.segment &&
           a.at.position + stored_bytes(a.what.data_length) == b.at.position;
  };
  std::size_t n = 1;
  for (auto length = stored_bytes(rows[0].what.data_length);
       n < rows.size() && length < run_bytes_max && follows(rows[n - 1], rows[n]); ++n)
    length += stored_bytes(rows[n].what.data_length);
  return n;
}

result<void> read_run(const segment& in, std::span<const row> run, raw_bytes& out) {
  const auto first = out.size(), from = run.front().at.position;
  const auto end = run.back().at.position + stored_bytes(run.back().what.data_length);
  if (end > in.head.bytes)
    return damaged(in, run.back(), "its row points behind the end of the file");
  out.resize(first + (end - from));
  if (auto read = in.store->read(byte_span(out).subspan(first), from); !read) {
    out.resize(first);
    return read;
  }
  for (const auto& each : run) {
    const auto at = first + (each.at.position - from);
    const auto there = byte_view(out).subspan(at, stored_bytes(each.what.data_length));
    if (const char* how = damage_of(there, each, in.head.salt)) {
      out.resize(at);
      return damaged(in, each, how);
    }
  }
  return {};
}

}  // namespace cairn
