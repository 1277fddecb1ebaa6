// The bodies of records: docs/journal.md, "the bodies".
#include <algorithm>
#include <functional>
#include <limits>

#include "replication/record.h"

namespace cairn {
namespace {

constexpr std::byte version{1};  // the first byte of every body
constexpr std::size_t at_id = 8;
constexpr std::size_t at_lineage = 8, at_number = 24, at_epoch = 32, at_group = 40, at_members = 48;
constexpr std::size_t at_count = 4, at_list_version = 8, at_names = 16;
constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t name_max = 255;

// The version is known, and what is behind it up to `end` is zero.
bool begins_well(byte_view in, std::size_t end) {
  return in[0] == version &&
         std::ranges::all_of(in.subspan(1, end - 1), [](std::byte b) { return b == std::byte{}; });
}

void put(const uuid& id, byte_span out) { std::ranges::copy(id.octets, out.begin()); }

uuid take_uuid(byte_view in) {
  uuid id;
  std::copy_n(in.begin(), id.octets.size(), id.octets.begin());
  return id;
}

bool ascend(const std::vector<std::string>& names) {
  return std::ranges::adjacent_find(names, std::greater_equal{}) == names.end();
}

std::uint64_t fnv(std::uint64_t so_far, const std::string& text) {
  constexpr std::uint64_t prime = 0x100000001b3;
  for (const char c : text) so_far = (so_far ^ static_cast<unsigned char>(c)) * prime;
  return so_far * prime;  // the NUL that ends it
}

constexpr std::uint64_t fnv_start = 0xcbf29ce484222325;

}  // namespace

std::array<std::byte, marker_body_bytes> encode_marker_body(const marker_body& body) {
  std::array<std::byte, marker_body_bytes> out{version};
  const byte_span all(out);
  put(body.lineage, all.subspan(at_lineage));
  store_le(all, at_number, body.marker.number.value);
  store_le(all, at_epoch, body.marker.made_in.value);
  store_le(all, at_group, body.group_hash);
  store_le(all, at_members, body.members_hash);
  return out;
}

std::optional<marker_body> decode_marker_body(byte_view in) {
  if (in.size() != marker_body_bytes || !begins_well(in, at_lineage)) return std::nullopt;
  marker_body body;
  body.lineage = take_uuid(in.subspan(at_lineage));
  body.marker.number = marker_number(load_le<std::uint64_t>(in, at_number));
  body.marker.made_in = epoch(load_le<std::uint64_t>(in, at_epoch));
  body.group_hash = load_le<std::uint64_t>(in, at_group);
  body.members_hash = load_le<std::uint64_t>(in, at_members);
  if (!body.marker || body.marker.number.value > most || body.marker.made_in.value > most)
    return std::nullopt;
  return body;
}

std::array<std::byte, named_body_bytes> encode_named_body(const uuid& id) {
  std::array<std::byte, named_body_bytes> out{version};
  put(id, byte_span(out).subspan(at_id));
  return out;
}

std::optional<uuid> decode_named_body(byte_view in) {
  if (in.size() != named_body_bytes || !begins_well(in, at_id)) return std::nullopt;
  const uuid id = take_uuid(in.subspan(at_id));
  return id.is_nil() ? std::nullopt : std::optional(id);
}

bytes encode_member_list(const member_list& list) {
  bytes out(members_body_least);
  out[0] = version;
  store_le(byte_span(out), at_count, static_cast<std::uint32_t>(list.names.size()));
  store_le(byte_span(out), at_list_version, list.version);
  for (const auto& name : list.names) {
    out.push_back(static_cast<std::byte>(name.size()));
    const auto text = std::as_bytes(std::span(name));
    out.insert(out.end(), text.begin(), text.end());
  }
  return out;
}

std::optional<member_list> decode_member_list(byte_view in) {
  if (in.size() < members_body_least || !begins_well(in, at_count)) return std::nullopt;
  const auto count = load_le<std::uint32_t>(in, at_count);
  member_list list;
  list.version = load_le<std::uint64_t>(in, at_list_version);
  if (count > members_max || list.version == 0 || list.version > most) return std::nullopt;
  for (auto rest = in.subspan(at_names); list.names.size() < count || !rest.empty();) {
    if (list.names.size() == count || rest.empty()) return std::nullopt;
    const auto length = std::to_integer<std::size_t>(rest[0]);
    if (length == 0 || length > name_max || length >= rest.size()) return std::nullopt;
    list.names.emplace_back(reinterpret_cast<const char*>(rest.data()) + 1, length);
    rest = rest.subspan(1 + length);
  }
  return ascend(list.names) ? std::optional(std::move(list)) : std::nullopt;
}

bool valid_body(record_kind kind, byte_view data) {
  switch (kind) {
    case record_kind::marker:
    case record_kind::seal:
    case record_kind::void_:
      return decode_marker_body(data).has_value();
    case record_kind::resync_begin:
    case record_kind::resync_end:
    case record_kind::void_range:
    case record_kind::final_:
      return decode_named_body(data).has_value();
    case record_kind::members:
      return decode_member_list(data).has_value();
    default:
      return true;
  }
}

std::uint64_t hash_of_members(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  std::uint64_t hash = fnv_start;
  for (const auto& name : names) hash = fnv(hash, name);
  return hash == 0 ? 1 : hash;
}

std::uint64_t hash_of_group(const std::string& name) {
  const auto hash = fnv(fnv_start, name);
  return hash == 0 ? 1 : hash;
}

}  // namespace cairn
