// The operational keys of a login (RFC 7143 section 13): what each offer is answered with, and what
// both sides have agreed on then. A table of keys; each has a kind, bounds and a value of ours.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "iscsi/login_refusal.h"
#include "iscsi/text_keys.h"

namespace cairn::iscsi {

// What both sides agreed on, or its default.
struct session_parameters {
  bool header_digest = false;
  bool data_digest = false;
  std::uint32_t send_data_max = 8192;  // the initiator's MaxRecvDataSegmentLength
  bool initial_r2t = true;
  bool immediate_data = true;
  std::uint32_t max_burst = 262144;
  std::uint32_t first_burst = 65536;
  std::uint32_t max_outstanding_r2t = 1;
};

inline constexpr number_bounds data_segment_bounds{512, (1U << 24) - 1};  // in bytes

// Whether the key is one of ours to answer; others are NotUnderstood.
bool is_operational_key(std::string_view key);

class negotiation {
 public:
  explicit negotiation(bool discovery) : discovery_(discovery) {}

  // The operational keys of one request; the answers are appended to `out`, in the order of the
  // offers. Refused is a declaration out of its bounds; an offer out of them is answered `Reject`.
  unless_refused<void> on_keys(const text_list& offers, text_list& out);

  // With what holds between parameters: FirstBurstLength is at most MaxBurstLength.
  session_parameters agreed() const;

 private:
  struct rule;
  static const rule* find(std::string_view key);
  friend bool is_operational_key(std::string_view key);

  std::string answer(const rule& r, const std::string& offer);
  std::string answer_number(const rule& r, const std::string& offer);
  std::string answer_boolean(const rule& r, const std::string& offer);
  std::string answer_list(const rule& r, const std::string& offer);
  std::string answer_first_burst(const std::string& offer);
  unless_refused<void> declare(const std::string& offer);

  const bool discovery_;
  session_parameters agreed_;
};

}  // namespace cairn::iscsi
