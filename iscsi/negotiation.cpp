#include "iscsi/negotiation.h"

#include <algorithm>
#include <array>

namespace cairn::iscsi {
namespace {

constexpr const char* reject = "Reject";
constexpr const char* irrelevant = "Irrelevant";
constexpr number_bounds burst_bounds{512, (1U << 24) - 1};
constexpr std::uint32_t first_burst_ours_bytes = 256U << 10;

enum class kind { minimum, maximum, and_, or_, first_known, always, declared, first_burst };

}  // namespace

struct negotiation::rule {
  std::string_view key;
  kind how;
  number_bounds bounds;   // of numbers
  std::uint32_t ours;     // a number, or 1 for Yes
  std::string_view text;  // the only answer, or what we know of a list
  bool normal_only;       // Irrelevant in a discovery session
  std::uint32_t session_parameters::*number = nullptr;  // where the outcome is kept, if we need it
  bool session_parameters::*truth = nullptr;
};

const negotiation::rule* negotiation::find(std::string_view key) {
  using p = session_parameters;
  static constexpr std::array<rule, 21> rules{{
      {"HeaderDigest", kind::first_known, {}, 0, "CRC32C,None", false, nullptr, &p::header_digest},
      {"DataDigest", kind::first_known, {}, 0, "CRC32C,None", false, nullptr, &p::data_digest},
      {"MaxRecvDataSegmentLength", kind::declared, {}, 0, "", false},
      {"MaxBurstLength", kind::minimum, burst_bounds, (1U << 24) - 1, "", true, &p::max_burst},
      {"FirstBurstLength", kind::first_burst, burst_bounds, 0, "", true},
      {"InitialR2T", kind::or_, {}, 0, "", true, nullptr, &p::initial_r2t},
      {"ImmediateData", kind::and_, {}, 1, "", true, nullptr, &p::immediate_data},
      {"MaxOutstandingR2T", kind::minimum, {1, 65535}, 4, "", true, &p::max_outstanding_r2t},
      {"MaxConnections", kind::minimum, {1, 65535}, 1, "", true},
      {"DefaultTime2Wait", kind::maximum, {0, 3600}, 2, "", false},
      {"DefaultTime2Retain", kind::minimum, {0, 3600}, 0, "", false},
      {"DataPDUInOrder", kind::or_, {}, 1, "", true},
      {"DataSequenceInOrder", kind::or_, {}, 1, "", true},
      {"ErrorRecoveryLevel", kind::minimum, {0, 2}, 0, "", false},
      {"TaskReporting", kind::first_known, {}, 0, "RFC3720", true},
      {"iSCSIProtocolLevel", kind::minimum, {0, 31}, 1, "", false},
      // Of RFC 3720; initiators still send them, RFC 7143 13.25 says how they are answered.
      {"IFMarker", kind::always, {}, 0, "No", false},
      {"OFMarker", kind::always, {}, 0, "No", false},
      {"IFMarkInt", kind::always, {}, 0, "Reject", false},
      {"OFMarkInt", kind::always, {}, 0, "Reject", false},
      {"SendTargets", kind::always, {}, 0, "Reject", false},  // is for the full feature phase
  }};
  const auto found = std::ranges::find(rules, key, &rule::key);
  return found == rules.end() ? nullptr : found;
}

bool is_operational_key(std::string_view key) { return negotiation::find(key) != nullptr; }

unless_refused<void> negotiation::on_keys(const text_list& offers, text_list& out) {
  const auto first = out.size();
  for (const auto& [key, offer] : offers) {
    const auto* r = find(key);
    if (r == nullptr) {
      out.push_back({key, "NotUnderstood"});
    } else if (r->how == kind::declared) {
      CAIRN_ISCSI_TRY(declare(offer));
    } else {
      out.push_back({key, answer(*r, offer)});
    }
  }
  // It depends on other keys, wherever they stand in the request.
  for (auto at = first; at < out.size(); ++at) {
    if (out[at].key != "FirstBurstLength" || out[at].value == irrelevant) continue;
    out[at].value = answer_first_burst(*find_value(offers, "FirstBurstLength"));
  }
  return {};
}

std::string negotiation::answer(const rule& r, const std::string& offer) {
  if (discovery_ && r.normal_only) return irrelevant;
  switch (r.how) {
    case kind::minimum:
    case kind::maximum:
      return answer_number(r, offer);
    case kind::and_:
    case kind::or_:
      return answer_boolean(r, offer);
    case kind::first_known:
      return answer_list(r, offer);
    case kind::always:
      return std::string(r.text);
    case kind::declared:
    case kind::first_burst:
      break;
  }
  return {};
}

std::string negotiation::answer_number(const rule& r, const std::string& offer) {
  const auto offered = number_value(offer, r.bounds);
  if (!offered) return reject;
  const auto theirs = static_cast<std::uint32_t>(*offered);
  const auto chosen = r.how == kind::minimum ? std::min(theirs, r.ours) : std::max(theirs, r.ours);
  if (r.number != nullptr) agreed_.*r.number = chosen;
  return std::to_string(chosen);
}

std::string negotiation::answer_boolean(const rule& r, const std::string& offer) {
  const auto theirs = boolean_value(offer);
  if (!theirs) return reject;
  const bool ours = r.ours != 0;
  const bool chosen = r.how == kind::and_ ? *theirs && ours : *theirs || ours;
  if (r.truth != nullptr) agreed_.*r.truth = chosen;
  return chosen ? "Yes" : "No";
}

// The initiator's order counts.
std::string negotiation::answer_list(const rule& r, const std::string& offer) {
  const auto known = list_value(r.text);
  for (const auto item : list_value(offer)) {
    if (std::ranges::find(known, item) == known.end()) continue;
    if (r.truth != nullptr) agreed_.*r.truth = item == "CRC32C";
    return std::string(item);
  }
  return reject;
}

std::string negotiation::answer_first_burst(const std::string& offer) {
  if (agreed_.initial_r2t && !agreed_.immediate_data) return irrelevant;
  const auto offered = number_value(offer, burst_bounds);
  if (!offered) return reject;
  const auto theirs = static_cast<std::uint32_t>(*offered);
  agreed_.first_burst = std::min({theirs, first_burst_ours_bytes, agreed_.max_burst});
  return std::to_string(agreed_.first_burst);
}

unless_refused<void> negotiation::declare(const std::string& offer) {
  const auto length = number_value(offer, data_segment_bounds);
  if (!length) {
    return refuse(login_status::initiator_error, "MaxRecvDataSegmentLength is out of its bounds");
  }
  agreed_.send_data_max = static_cast<std::uint32_t>(*length);
  return {};
}

session_parameters negotiation::agreed() const {
  auto out = agreed_;
  out.first_burst = std::min(out.first_burst, out.max_burst);
  return out;
}

}  // namespace cairn::iscsi
