// Text requests of the full feature phase: SendTargets (RFC 7143 appendix C), and what else may be
// said there. The text may be longer than a PDU: parted_text cuts it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iscsi/login.h"

namespace cairn::iscsi {

// The answer to SendTargets=`wanted`: "All" (of a discovery session only), "" (the session's own
// target) or a target's name. Only targets that let `who` in are told. `portals`: "IP:PORT" or
// "[IP]:PORT", all in one portal group.
bytes send_targets(const login_rules& rules, const session_identity& who,
                   const std::vector<std::string>& portals, std::string_view wanted);

struct text_answer {
  bytes text;
  std::optional<std::uint32_t> send_data_max;  // the initiator declared another one
};

// The answer to a whole text request (all parts of it). EPROTO: it is to be rejected.
result<text_answer> answer_text(const login_rules& rules, const session_identity& who,
                                const std::vector<std::string>& portals, byte_view request);

}  // namespace cairn::iscsi
