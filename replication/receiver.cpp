#include "replication/receiver.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/invariant.h"

namespace cairn {
namespace {

// The feature that a side must have to take records of this kind. 0: every side takes them.
std::uint64_t needed_for(record_kind kind) {
  switch (kind) {
    case record_kind::write:
    case record_kind::zero:
    case record_kind::trim:
    case record_kind::gap:
    case record_kind::marker:
    case record_kind::seal:
    case record_kind::void_:
      return 0;
    case record_kind::copy:
    case record_kind::resync_begin:
    case record_kind::resync_end:
    case record_kind::void_range:
      return feature::resync;
    case record_kind::final_:
      return feature::switchover;
    case record_kind::members:
      return feature::member_list;
  }
  return ~std::uint64_t{0};
}

std::string name(sequence s) { return "record " + std::to_string(s.value); }

}  // namespace

receiver::receiver(const hello& accepted, sequence has, std::uint64_t features)
    : features_(features),
      sender_(accepted.starts.back().number),
      group_hash_(hash_of_group(accepted.group)),
      volume_sizes_(accepted.volumes.size()),
      received_(has),
      stored_(has) {
  for (const incarnation_start& s : accepted.starts) starts_.push_back(s.number);
  for (const volume_offer& v : accepted.volumes) volume_sizes_[v.index - 1] = v.size_bytes;
}

// Empty, or why the record can't be one of this member's.
std::string receiver::fault_of(const record& r) const {
  if ((features_ & needed_for(r.kind)) != needed_for(r.kind))
    return std::string("is of kind ") + name_of(r.kind) + ", not taken here";
  if (r.kind == record_kind::copy && r.data_length == 0) return "is a copy without bytes";
  if (!std::ranges::binary_search(starts_, r.made_in))
    return "was made in start " + std::to_string(r.made_in.value) + ", which HELLO did not name";
  if (r.volume > volume_sizes_.size())
    return "names volume " + std::to_string(r.volume) + " of " +
           std::to_string(volume_sizes_.size());
  if (r.volume != 0 && !r.range.within(volume_sizes_[r.volume - 1]))
    return "reaches beyond the end of volume " + std::to_string(r.volume);
  return {};
}

std::string receiver::fault_of(const record& r, byte_view data) const {
  if (!valid_body(r.kind, data)) return std::string("holds no body of a ") + name_of(r.kind);
  if (!carries_marker(r.kind)) return {};
  const auto body = decode_marker_body(data);
  if (body->group_hash != group_hash_) return "holds a marker of another group";
  return {};
}

// Empty, or why the stretch as a whole has no place here. A late one of an older connection names
// an older start; one from behind a hole would make the journal forget what is missing.
std::string receiver::fault_of(const stretch& s) const {
  if (s.sender != sender_)
    return "a stretch of start " + std::to_string(s.sender.value) + " on a connection of start " +
           std::to_string(sender_.value);
  if (s.first > received_.next())
    return "a stretch from " + name(s.first) + " on, but " + name(received_.next()) + " is next";
  if (s.void_range && s.first <= received_ && s.last > received_)
    return "a void-range from " + name(s.first) + " on, but " + name(received_.next()) + " is next";
  return {};
}

// The record at the front of `rest`, which must be `due`; takes it off.
receiver::step receiver::next_record(sequence due, byte_view& rest) const {
  const auto what = decode_header(rest, 0);
  if (!what) {
    if (auto why = unknown_in(rest, 0); !why.empty())
      return stretch_refused{name(due) + ": " + why};
    return link_damage{due, "its header does not match its checksum"};
  }
  if (first_of(*what) != due)
    return stretch_refused{name(first_of(*what)) + " where " + name(due) + " is due"};
  if (auto fault = fault_of(*what); !fault.empty()) return stretch_refused{name(due) + " " + fault};
  const std::uint64_t size = stored_bytes(what->data_length);
  if (size > rest.size()) return stretch_refused{name(due) + " is cut short"};
  const byte_view data = rest.subspan(record_header_bytes, what->data_length);
  if (crc32c(data) != what->data_crc)
    return link_damage{due, "its data does not match its checksum"};
  if (auto fault = fault_of(*what, data); !fault.empty())
    return stretch_refused{name(due) + " " + fault};
  rest = rest.subspan(size);
  return arrived_record{*what, data};
}

// A void-range travels alone, and the stretch is what it says.
stretch_verdict receiver::take_void_range(const stretch& s) const {
  byte_view rest(s.records);
  step found = next_record(s.first, rest);
  if (auto* damage = std::get_if<link_damage>(&found)) return std::move(*damage);
  if (auto* refused = std::get_if<stretch_refused>(&found)) return std::move(*refused);
  const auto& one = std::get<arrived_record>(found);
  if (one.what.kind != record_kind::void_range || one.what.seq != s.last || !rest.empty())
    return stretch_refused{"a stretch that is not the void-range it says"};
  if (s.last <= received_) return std::vector<arrived_record>{};
  return std::vector{one};
}

arrived_record receiver::gap_at(sequence at) const {
  arrived_record gap;
  gap.what.made_in = sender_;
  gap.what.seq = at;
  return gap;
}

stretch_verdict receiver::on_stretch(const stretch& s) const {
  if (auto fault = fault_of(s); !fault.empty()) return stretch_refused{fault};
  if (s.void_range) return take_void_range(s);
  std::vector<arrived_record> fresh;
  byte_view rest(s.records);
  auto gap = s.gaps.begin();
  for (sequence at = s.first; at <= s.last; at = at.next()) {
    while (gap != s.gaps.end() && at > gap->second) ++gap;
    const bool in_gap = gap != s.gaps.end() && at >= gap->first;
    step found = in_gap ? step(gap_at(at)) : next_record(at, rest);
    if (auto* damage = std::get_if<link_damage>(&found)) return std::move(*damage);
    if (auto* refused = std::get_if<stretch_refused>(&found)) return std::move(*refused);
    if (std::get<arrived_record>(found).what.kind == record_kind::void_range)
      return stretch_refused{name(at) + " is a void-range among other records"};
    if (at > received_) fresh.push_back(std::get<arrived_record>(found));  // else: resent, harmless
  }
  if (!rest.empty()) return stretch_refused{"a stretch with bytes behind its last record"};
  return fresh;
}

void receiver::on_appended(sequence upto) {
  CAIRN_INVARIANT("I7", upto >= received_, "received went back on one connection");
  received_ = upto;
}

// The journal's watermark may cover more than this connection brought, never less than it told.
void receiver::on_stored(sequence upto) { stored_ = std::max(stored_, std::min(upto, received_)); }

link_progress receiver::progress(marker_id applied, sequence applied_sequence) const {
  return {received_, stored_, applied, applied_sequence};
}

}  // namespace cairn
