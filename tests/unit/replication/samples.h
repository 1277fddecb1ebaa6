// One of each message, every field with a value of its own, for tests of the wire.
#pragma once
#include <vector>

#include "replication/control_messages.h"
#include "replication/link_messages.h"

namespace cairn::samples {

inline uuid id(std::uint8_t n) {
  uuid u;
  u.octets.fill(std::byte{n});
  return u;
}
inline marker_id marker(std::uint64_t n) { return {marker_number(n), epoch(n + 100)}; }

inline hello a_hello() {
  hello m;
  m.version_max = 3;
  m.group = "bank";
  m.member = "m1";
  m.journal = id(1);
  m.volumes = {{1, id(2), "data", 1U << 30, 0x3000000000000017, "CAIRN-17", true,
                "iqn.2026-11.io.cairn:data", 4096, "ward"},
               {2, id(3), "log", 1U << 20, 0x3000000000000018, "", false}};
  m.lineages = {{id(4), {}, {}}, {id(5), id(4), sequence(900)}};
  m.starts = {{incarnation(1), id(4), sequence(0), id(10)},
              {incarnation(2), id(5), sequence(920), id(11)}};
  m.oldest_held = sequence(800);
  m.features = 5;
  m.resync = id(12);
  return m;
}

inline hello_answer an_answer() {
  hello_answer m{2, incarnation(2), sequence(950), sequence(940)};
  m.journal = id(13);
  m.start = id(14);
  m.applied = marker(8);
  m.applied_sequence = sequence(930);
  m.good = good_marker{marker(7), id(15), sequence(920)};
  m.features = 6;
  m.resync = id(16);
  m.last_seen = id(17).octets;
  return m;
}

inline stretch a_stretch() {
  stretch m;
  m.sender = incarnation(2);
  m.first = sequence(10);
  m.last = sequence(20);
  m.gaps = {{sequence(11), sequence(12)}, {sequence(20), sequence(20)}};
  m.records.assign(1024, std::byte{0x5a});
  return m;
}

inline stretch a_void_range() {
  stretch m;
  m.sender = incarnation(2);
  m.first = sequence(21);
  m.last = sequence(1ULL << 40);
  m.void_range = true;
  m.records.assign(512, std::byte{0x5b});
  return m;
}

inline std::vector<link_message> link_messages() {
  return {
      a_hello(),
      an_answer(),
      hello_answer{2, incarnation(2), sequence(950), sequence(940)},
      refusal{refusal_code::old_lineage, "group bank has moved on", {{id(6), id(4), sequence(7)}}},
      a_stretch(),
      a_void_range(),
      link_progress{sequence(5), sequence(4), marker(3), sequence(2)},
      link_heartbeat{sequence(9), sequence(8)},
      link_damage{sequence(33), "data checksum"}};
}

inline member_status a_status() {
  member_status m;
  m.group = "bank";
  m.member = "m1";
  m.gateway = "site-a-1";
  m.version = "0.1.0";
  m.commit = "6a6d469b2f1c";
  m.role = member_role::fenced;
  m.role_because = "the other side has taken over";
  m.link = link_state::refused;
  m.link_because = "refused";
  m.copy = "diverged";
  m.flow = "blocked(no space)";
  m.journal_failed = "fdatasync: Input/output error";
  m.current = incarnation(1);
  m.lineage = id(9).text();
  std::uint64_t n = 100;
  for (sequence* s : {&m.assigned, &m.finished, &m.durable, &m.destaged, &m.backed, &m.trimmed,
                      &m.sent, &m.received, &m.stored, &m.applied})
    *s = sequence(++n);
  for (marker_id* one : {&m.newest_inserted, &m.newest_sealed, &m.newest_stored, &m.applied_marker})
    *one = marker(++n);
  for (std::uint64_t* amount :
       {&m.oldest_unstored_ms, &m.behind_bytes, &m.behind_records, &m.journal_bytes,
        &m.journal_bytes_max, &m.hold_count, &m.hold_voided, &m.hold_last_us, &m.hold_max_us})
    *amount = ++n;
  m.volumes = {{"data",
                id(2).text(),
                1,
                2,
                3,
                4,
                5,
                "EIO",
                {"nbd://10.0.0.1:10809/data", "iscsi://10.0.0.1:3260/iqn.2026-11.io.cairn:data/0"},
                "mutual",
                {{"iqn.1993-08.org.debian:01:a", "10.0.0.2:40000", 3}, {"iqn.x:b", "", 0}}},
               {"log", "", 6, 7, 8, 9, 10, ""}};
  return m;
}

inline std::vector<control_message> control_messages() {
  reported with_promotion{
      epoch(7),
      marker(1),
      marker(2),
      promotion{marker(3), sequence(4), id(5)},
      {{marker(6), ~0ULL, 1ULL << 63, sequence(8)}, {marker(9), 1, 2, sequence(9)}},
      sequence(10)};
  reported bare;
  return {
      coordinator_hello{2, "bank", "m1", "site-a"},
      member_hello{2, incarnation(2), epoch(3), marker_number(4), epoch(5), member_role::primary},
      control_refusal{"MARK", "an epoch of 3 is not above 4", marker(3), epoch(4),
                      marker_number(9)},
      mark{marker(5), {"m1", "m2"}, 25},
      inserted{marker(5), incarnation(2)},
      release{marker(5), incarnation(2)},
      abandon{marker(6)},
      outcome{marker(6), true, 1234, "limit"},
      report{epoch(3), true},
      with_promotion,
      bare,
      apply{epoch(3), marker(4)},
      applied{epoch(5), marker(6)},
      promote{epoch(7), marker(8), id(9)},
      promoted{epoch(7), marker(8), 9, 10},
      status_request{},
      a_status()};
}

}  // namespace cairn::samples
