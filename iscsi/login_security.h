// The security negotiation of one login (RFC 7143 12.1): AuthMethod, then CHAP.
//
//   method ──AuthMethod=CHAP──► algorithm ──CHAP_A──► response ──CHAP_N, CHAP_R──► passed
//     └────AuthMethod=None, if no account is asked for────────────────────────────────┘
//
// One text for a wrong user and a wrong secret: nobody learns which users there are. Used by one
// login, on its thread.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "iscsi/chap.h"
#include "iscsi/login_refusal.h"
#include "iscsi/text_keys.h"

namespace cairn::iscsi {

struct authentication {
  std::optional<chap_account> initiator;  // must prove that it knows this; none: AuthMethod None
  std::optional<chap_account> mutual;     // we prove this, if it asks; needs `initiator`
};

bool is_security_key(std::string_view key);

class login_security {
 public:
  // All three must outlive it.
  login_security(const authentication& wanted, const std::vector<chap_digest>& allowed,
                 random_source& random)
      : wanted_(wanted), allowed_(allowed), random_(random) {}

  // The security keys of one request; the answers are appended to `out`.
  unless_refused<void> on_keys(const text_list& keys, text_list& out);
  // Whether it may leave the stage, or skip it.
  bool passed() const { return step_ == step::passed || (!began() && !wanted_.initiator); }
  // AuthMethod was offered.
  bool began() const { return step_ != step::method; }

 private:
  enum class step { method, algorithm, response, passed };

  unless_refused<void> on_method(const text_list& keys, text_list& out);
  unless_refused<void> on_algorithm(const text_list& keys, text_list& out);
  unless_refused<void> on_response(const text_list& keys, text_list& out);
  bool proved(const std::string& user, byte_view response) const;
  unless_refused<void> prove(const text_list& keys, text_list& out) const;
  unless_refused<chap_challenge> reverse_challenge(const text_list& keys) const;

  const authentication& wanted_;
  const std::vector<chap_digest>& allowed_;
  random_source& random_;
  step step_ = step::method;
  chap_digest algorithm_ = chap_digest::sha256;
  chap_challenge ours_;  // that the initiator has to answer
};

}  // namespace cairn::iscsi
