#include "iscsi/discovery.h"

#include <fmt/format.h>

#include <cerrno>

#include "base/iscsi_name.h"
#include "iscsi/admission.h"
#include "iscsi/scsi/device.h"

namespace cairn::iscsi {
namespace {

void append_target(const target_rules& target, const std::vector<std::string>& portals,
                   text_list& out) {
  out.push_back({"TargetName", target.name});
  for (const auto& portal : portals) {
    out.push_back({"TargetAddress", fmt::format("{},{}", portal, scsi::target_port)});
  }
}

text_list targets_told(const login_rules& rules, const session_identity& who,
                       const std::vector<std::string>& portals, std::string_view wanted) {
  const bool all = wanted == "All";
  if (who.discovery ? wanted.empty() : all) return {{"SendTargets", "Reject"}};
  const auto name = wanted.empty() ? std::optional(who.target) : iscsi_name(wanted);
  text_list out;
  for (const auto& target : rules.targets) {
    const bool asked_for = all || (name && target.name == *name);
    if (asked_for && lets_in(target, who.initiator)) append_target(target, portals, out);
  }
  return out;
}

}  // namespace

bytes send_targets(const login_rules& rules, const session_identity& who,
                   const std::vector<std::string>& portals, std::string_view wanted) {
  return encode_text(targets_told(rules, who, portals, wanted));
}

result<text_answer> answer_text(const login_rules& rules, const session_identity& who,
                                const std::vector<std::string>& portals, byte_view request) {
  const auto keys = parse_text(request);
  if (!keys) return fail(keys.error());
  text_answer answer;
  text_list out;
  for (const auto& [key, value] : *keys) {
    if (key == "SendTargets") {
      const auto told = targets_told(rules, who, portals, value);
      out.insert(out.end(), told.begin(), told.end());
    } else if (key == "MaxRecvDataSegmentLength") {
      const auto length = number_value(value, data_segment_bounds);
      if (!length) return fail(EPROTO, "MaxRecvDataSegmentLength is out of its bounds");
      answer.send_data_max = static_cast<std::uint32_t>(*length);
    } else {
      // Known keys are for the login only.
      const bool known = is_operational_key(key) || is_security_key(key) || is_naming_key(key);
      out.push_back({key, known ? "Reject" : "NotUnderstood"});
    }
  }
  answer.text = encode_text(out);
  return answer;
}

}  // namespace cairn::iscsi
