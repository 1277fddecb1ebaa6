#include "iscsi/login_security.h"

#include <algorithm>
#include <initializer_list>

namespace cairn::iscsi {
namespace {

constexpr const char* wrong_proof = "CHAP: wrong user or secret";

tl::unexpected<login_refusal> unproved(std::string because) {
  return refuse(login_status::authentication_failed, std::move(because));
}

// RFC 7143 12.1.3 says which keys are due at each step; another one there is an error.
bool only(const text_list& keys, std::initializer_list<std::string_view> due) {
  return std::ranges::all_of(
      keys, [&](const text_pair& p) { return std::ranges::find(due, p.key) != due.end(); });
}

bool lists(std::string_view offered, std::string_view method) {
  const auto items = list_value(offered);
  return std::ranges::find(items, method) != items.end();
}

}  // namespace

bool is_security_key(std::string_view key) {
  return key == "AuthMethod" || key.starts_with("CHAP_");
}

unless_refused<void> login_security::on_keys(const text_list& keys, text_list& out) {
  if (keys.empty()) return {};
  switch (step_) {
    case step::method:
      return on_method(keys, out);
    case step::algorithm:
      return on_algorithm(keys, out);
    case step::response:
      return on_response(keys, out);
    case step::passed:
      break;
  }
  return refuse(login_status::initiator_error, "security keys after the authentication");
}

unless_refused<void> login_security::on_method(const text_list& keys, text_list& out) {
  const auto* offered = find_value(keys, "AuthMethod");
  if (offered == nullptr || !only(keys, {"AuthMethod"})) {
    return refuse(login_status::initiator_error, "CHAP before AuthMethod");
  }
  const std::string method = wanted_.initiator ? "CHAP" : "None";
  if (!lists(*offered, method)) return unproved("AuthMethod without " + method);
  step_ = wanted_.initiator ? step::algorithm : step::passed;
  out.push_back({"AuthMethod", method});
  return {};
}

unless_refused<void> login_security::on_algorithm(const text_list& keys, text_list& out) {
  const auto* offered = find_value(keys, "CHAP_A");
  if (offered == nullptr || !only(keys, {"CHAP_A"})) {
    return refuse(login_status::initiator_error, "CHAP_A is due");
  }
  const auto chosen = choose_digest(*offered, allowed_);
  if (!chosen) return unproved("CHAP: no algorithm of " + offered->substr(0, 64) + " is allowed");
  algorithm_ = *chosen;
  ours_ = make_challenge(algorithm_, random_);
  step_ = step::response;
  out.push_back({"CHAP_A", std::to_string(static_cast<unsigned>(algorithm_))});
  out.push_back({"CHAP_I", std::to_string(ours_.id)});
  out.push_back({"CHAP_C", hex_value(ours_.octets)});
  return {};
}

unless_refused<void> login_security::on_response(const text_list& keys, text_list& out) {
  const auto* user = find_value(keys, "CHAP_N");
  const auto* text = find_value(keys, "CHAP_R");
  if (user == nullptr || text == nullptr || !only(keys, {"CHAP_N", "CHAP_R", "CHAP_I", "CHAP_C"})) {
    return refuse(login_status::initiator_error, "CHAP_N and CHAP_R are due");
  }
  const auto response = binary_value(*text, digest_length(algorithm_));
  if (!response || !proved(*user, *response)) return unproved(wrong_proof);
  if (find_value(keys, "CHAP_I") != nullptr || find_value(keys, "CHAP_C") != nullptr) {
    CAIRN_ISCSI_TRY(prove(keys, out));
  }
  step_ = step::passed;
  return {};
}

bool login_security::proved(const std::string& user, byte_view response) const {
  // The digest is made for a wrong user too: the time that it takes tells nothing.
  const auto expected = chap_response(algorithm_, ours_, wanted_.initiator->secret);
  const bool right_response = expected && same_octets(*expected, response);
  const bool right_user = same_octets(std::as_bytes(std::span(user)),
                                      std::as_bytes(std::span(wanted_.initiator->user)));
  return right_response && right_user;
}

// The initiator's challenge to us. One that is ours would make us answer for it: refused.
unless_refused<chap_challenge> login_security::reverse_challenge(const text_list& keys) const {
  const auto* id_text = find_value(keys, "CHAP_I");
  const auto* octets_text = find_value(keys, "CHAP_C");
  if (id_text == nullptr || octets_text == nullptr) {
    return refuse(login_status::initiator_error, "CHAP_I and CHAP_C belong together");
  }
  const auto id = chap_id(*id_text);
  auto octets = binary_value(*octets_text, chap_challenge_bytes_max);
  if (!id || !octets || octets->empty()) {
    return refuse(login_status::initiator_error, "a CHAP challenge that is none");
  }
  if (same_octets(*octets, ours_.octets)) return unproved("CHAP: our challenge was sent back");
  return chap_challenge{*id, *std::move(octets)};
}

unless_refused<void> login_security::prove(const text_list& keys, text_list& out) const {
  const auto challenge = reverse_challenge(keys);
  if (!challenge) return tl::unexpected(challenge.error());
  if (!wanted_.mutual) return unproved("CHAP: the initiator asks for a proof and we have none");
  if (wanted_.mutual->secret == wanted_.initiator->secret) {
    return unproved("CHAP: both directions have the same secret");
  }
  const auto response = chap_response(algorithm_, *challenge, wanted_.mutual->secret);
  if (!response) return refuse(login_status::target_error, response.error().text);
  out.push_back({"CHAP_N", wanted_.mutual->user});
  out.push_back({"CHAP_R", hex_value(*response)});
  return {};
}

}  // namespace cairn::iscsi
