// The one bounded reader for heads that come from outside, and its counterpart for what goes out.
// Internal to replication/wire*.cpp: it is the only header that sees generated protobuf code.
#pragma once
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "base/digest.h"
#include "base/number.h"
#include "base/result.h"
#include "base/uuid.h"
#include "replication/lineage.h"
#include "replication/record.h"
#include "wire.pb.h"

namespace cairn {

// Bounds on what a peer may announce; docs/wire.md lists them.
inline constexpr std::size_t wire_name_max = 255;
inline constexpr std::size_t wire_sentence_max = 1024;
inline constexpr int wire_volumes_max = 1024;
inline constexpr int wire_exports_max = 16;    // of a volume
inline constexpr int wire_sessions_max = 256;  // of a volume; a target lets no more in
inline constexpr int wire_lineages_max = 4096;
inline constexpr int wire_starts_max = 65536;
inline constexpr int wire_members_max = 1024;
inline constexpr int wire_markers_max = 65536;
inline constexpr std::uint64_t wire_number_max = (1ULL << 63) - 1;  // what the catalog can hold

// Takes fields one by one and remembers the first that is out of bounds; done() tells. After a
// refusal the values that it returned are harmless, but must not be used.
class field_reader {
 public:
  explicit field_reader(const char* message) : message_(message) {}

  std::uint64_t amount(std::uint64_t raw, const char* field);
  template <class N>
  N numbered(std::uint64_t raw, const char* field) {
    return N(amount(raw, field));
  }
  // 1 to 255 bytes of printable UTF-8.
  std::string name(const std::string& raw, const char* field);
  // 0 to 1024 bytes of printable UTF-8.
  std::string sentence(const std::string& raw, const char* field);
  // Exactly 16 bytes.
  uuid id(const std::string& raw, const char* field);
  // The same, or nothing: nil.
  uuid id_or_nil(const std::string& raw, const char* field);
  // 16 bytes, or nothing.
  std::optional<digest> digest_or_none(const std::string& raw, const char* field);
  // Enumerations travel as 1 … last; 0, which is what a missing field reads as, is none of them.
  std::uint32_t choice(std::uint32_t raw, std::uint32_t last, const char* field);
  marker_id marker(const wire::marker_name& raw, const char* field);
  bool count(int n, int max, const char* field);
  void refuse(const char* field, const std::string& why);

  template <class T>
  result<T> done(T value) {
    if (!fault_.empty()) return fail(EPROTO, fault_);
    return value;
  }

 private:
  const char* message_;
  std::string fault_;
};

// ---- the way out
std::string id_field(const uuid& id);
std::string id_or_nothing(const uuid& id);  // nil: nothing
std::string digest_field(const digest& d);
void put_marker(const marker_id& m, wire::marker_name* out);
// Cut to the bound; what is not printable UTF-8 becomes '?', so that the peer never refuses it.
std::string sentence_field(const std::string& text);

// ---- frames (wire.cpp)
// EPROTO unless the sizes are as announced and the checksum of prefix and head matches.
result<void> check_frame(byte_view prefix, byte_view head, byte_view body);
// Prefix and head of a frame with a body of `body_bytes`.
bytes make_frame(const std::string& head, std::size_t body_bytes);

}  // namespace cairn
