// The login phase of one connection (RFC 7143 sections 6, 12, 13): requests go in, responses come
// out, until it reaches full feature phase or fails. No I/O, no clock; the driver has the deadline.
//
// Everything that arrives here is from somebody who is not authenticated yet: at most 32 requests
// and 64 KiB of text are taken, whatever they say. Stages and PDUs are in login.cpp, who may log in
// where in admission.h, AuthMethod and CHAP in login_security.h, the operational keys in
// negotiation.h.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "iscsi/login_security.h"
#include "iscsi/negotiation.h"
#include "iscsi/pdu.h"

namespace cairn::iscsi {

// Names are in the form that iscsi_name() gives them: lower case.
struct target_rules {
  std::string name;                     // iqn…
  std::string alias;                    // for people: the volume
  std::vector<std::string> initiators;  // that may log in; empty: all
  authentication auth;
};

struct login_rules {
  std::vector<target_rules> targets;
  authentication discovery;
  std::vector<chap_digest> digests{chap_digest::sha256, chap_digest::sha1};  // that are allowed
  std::uint32_t data_segment_max = 256U << 10;  // that we take: our MaxRecvDataSegmentLength
};

// Who logged in, and where to.
struct session_identity {
  std::string initiator;
  std::uint64_t isid = 0;  // 48 bits
  bool discovery = false;
  std::string target;  // empty of a discovery session
  std::uint16_t cid = 0;
  // "iqn…,i,0x0123456789ab" (RFC 7143 4.2.7.1)
  std::string initiator_port() const;
};

// How the registry of sessions answers: a TSIH that is not 0, or why not.
enum class refused_session : std::uint16_t {  // status class and detail, RFC 7143 11.13.5
  no_session = 0x020a,                        // a TSIH that is not known
  too_many_connections = 0x0206,
  cannot_include = 0x0208,
  target_error = 0x0300,
  unavailable = 0x0301,  // not now: the volume is no primary, or fails over
  out_of_resources = 0x0302,
};
using session_opened = tl::expected<std::uint16_t, refused_session>;

class login {
 public:
  // Called once, with the last request of a login that has passed: opens the session, ending an
  // older one of the same initiator port (reinstatement). `tsih` is what the initiator sent.
  using opener = std::function<session_opened(const session_identity& who, std::uint16_t tsih)>;

  struct reply {
    outgoing response;
    bool established = false;  // full feature phase: identity(), parameters() hold
    bool close = false;        // after the response was sent
    std::string because;       // of a refusal: for the log
  };

  // `rules` and `random` must outlive it.
  login(const login_rules& rules, random_source& random, opener open);
  ~login();

  // Any PDU of the connection before full feature phase.
  reply on_request(const pdu& request);

  const session_identity& identity() const;
  const session_parameters& parameters() const;
  std::uint16_t tsih() const;
  std::uint32_t next_cmd_sn() const;  // that the full feature phase begins with
  std::uint32_t next_stat_sn() const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace cairn::iscsi
