// What frame_sampler prints and the tests expect to read in frames.txt of each version, beside
// tests/unit/replication/samples.h.
//
// A field that is added to a message later is missing in older samples: its test says what it reads
// as then.
#pragma once
#include <fstream>
#include <string>
#include <vector>

#include "iscsi/scsi/reservations.h"
#include "tests/unit/replication/samples.h"

namespace cairn::samples {

inline member_list a_member_list() { return {3, {"m1", "m10", "m2"}}; }

inline std::uint32_t data_length_of(record_kind kind) {
  if (kind == record_kind::write || kind == record_kind::copy) return 4096;
  if (carries_marker(kind)) return marker_body_bytes;
  if (kind == record_kind::members)
    return static_cast<std::uint32_t>(encode_member_list(a_member_list()).size());
  const bool bare =
      kind == record_kind::zero || kind == record_kind::trim || kind == record_kind::gap;
  return bare ? 0 : named_body_bytes;
}

// A record of each kind.
inline std::vector<record> records() {
  std::vector<record> out;
  for (std::uint8_t kind = 1; kind <= static_cast<std::uint8_t>(newest_kind); ++kind) {
    record r;
    r.kind = static_cast<record_kind>(kind);
    r.made_in = incarnation(2);
    r.seq = sequence(100U + kind);
    r.durable_then = sequence(90);
    if (changes_volume(r.kind)) {
      r.volume = 3;
      r.range = {8192, 4096};
    }
    if (r.kind == record_kind::void_range) r.range = {95, r.seq.value - 94};
    r.data_length = data_length_of(r.kind);
    if (r.data_length != 0) r.data_crc = 0x01020304;
    out.push_back(r);
  }
  return out;
}
constexpr std::uint64_t record_salt = 0x1122334455667788;

inline marker_body a_marker_body() { return {marker(7), 0x1111, 0x2222, id(18)}; }

inline scsi::reservations a_reservation() {
  scsi::reservations r;
  r.add({"iqn.1993-08.org.debian:01:a", 0xaaaa});
  r.add({"iqn.1993-08.org.debian:01:b", 0xbbbb});
  r.reserve("iqn.1993-08.org.debian:01:a", scsi::reservation_type::write_exclusive_registrants);
  r.keep(true);
  return r;
}

inline std::string hex_of(byte_view in) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const auto b : in) {
    out += digits[std::to_integer<unsigned>(b) >> 4];
    out += digits[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

inline bytes from_hex_text(const std::string& text) {
  bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoul(text.substr(i, 2), nullptr, 16)));
  return out;
}

// The bytes of the lines of `path` that begin with `word`.
inline std::vector<bytes> sampled(const std::string& path, const std::string& word) {
  std::ifstream in(path);
  std::vector<bytes> out;
  for (std::string kind, text; in >> kind >> text;)
    if (kind == word) out.push_back(from_hex_text(text));
  return out;
}

}  // namespace cairn::samples
