// PERSISTENT RESERVE as an initiator asks for it, and what it reads afterwards.
#pragma once
#include <optional>
#include <utility>
#include <vector>

#include "tests/unit/scsi/initiator.h"

namespace cairn::scsi::test {

inline constexpr std::uint64_t key_a = 0xa1, key_b = 0xb2;
enum : int {
  register_key,
  reserve,
  release,
  clear,
  preempt,
  preempt_and_abort,
  ignoring_key,
  move
};
enum : int { kept = 0x01, all_ports = 0x04, others = 0x08 };

inline bytes list_of(std::uint64_t key, std::uint64_t action_key, int flags = 0) {
  bytes out;
  field_writer(out).u64(key).u64(action_key).u32(0).u8(flags).zero(3);
  return out;
}

inline decision reserve_out(bed& t, nexus_id from, int action, int type, const bytes& list) {
  cdb c = raw({0x5f, action, type});
  store_be(c, 5, list.size(), 4);
  return t.send(from, c, list);
}
inline status out(bed& t, nexus_id from, int action, std::uint64_t key, std::uint64_t action_key,
                  int type = 0, int flags = 0) {
  const auto d = reserve_out(t, from, action, type, list_of(key, action_key, flags));
  return d.done ? d.done->status : status::busy;
}

// Both are registered.
inline void register_both(bed& t, int flags = 0) {
  ASSERT_EQ(out(t, t.a, register_key, 0, key_a, 0, flags), status::good);
  ASSERT_EQ(out(t, t.b, register_key, 0, key_b, 0, flags), status::good);
}

// Of somebody who has no attention pending.
inline nexus_id reader(bed& t) { return t.quiet("iqn.2026-01.test:reader,i,0x000000000009"); }

inline std::vector<std::uint64_t> keys(bed& t) {
  request r(scsi_cdb_persistent_reserve_in(SCSI_PERSISTENT_RESERVE_READ_KEYS, 4096));
  const auto* list = r.decoded<scsi_persistent_reserve_in_read_keys>(t.ask(reader(t), r.command()));
  if (!list) return {0xdead};
  return {list->keys, list->keys + list->num_keys};
}
inline std::uint32_t generation(bed& t) {
  return field_reader(t.ask(reader(t), raw({0x5e, 0, 0, 0, 0, 0, 0, 0, 8})).data_in).u32(0);
}
// Key and type, as an initiator reads them; nothing where nothing is reserved.
using held = std::optional<std::pair<std::uint64_t, int>>;
inline held reserved(bed& t) {
  request r(scsi_cdb_persistent_reserve_in(SCSI_PERSISTENT_RESERVE_READ_RESERVATION, 4096));
  const auto* got =
      r.decoded<scsi_persistent_reserve_in_read_reservation>(t.ask(reader(t), r.command()));
  if (!got || !got->reserved) return std::nullopt;
  return std::pair{got->reservation_key, int{got->pr_type}};
}

inline bool may(bed& t, nexus_id n, const cdb& c) {
  const auto d = t.unit->begin(n, 0, c);
  return !d.done || d.done->status != status::reservation_conflict;
}
inline const cdb read_one = raw({0x28, 0, 0, 0, 0, 0, 0, 0, 1});
inline const cdb write_one = raw({0x2a, 0, 0, 0, 0, 0, 0, 0, 1});

}  // namespace cairn::scsi::test
