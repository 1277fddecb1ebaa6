// Fuzz target for the login of the iSCSI target: sequences of login PDUs through class login, and
// every form of a value through its decoder. The first byte chooses what is configured; each PDU of
// the input is its header and its data segment, without padding. Built with clang's libFuzzer it is
// the usual entry point; the driver below replays files and mutates logins of real initiators:
//   login_fuzz [--seed N] [--runs N] [--seconds N] [FILE…]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/iscsi_name.h"
#include "iscsi/discovery.h"
#include "iscsi/login.h"
#include "tests/fuzz/driver.h"

namespace {

using namespace cairn;
using namespace cairn::iscsi;

constexpr const char* target = "iqn.2026-11.io.cairn:lab.v";
constexpr const char* initiator = "iqn.1993-08.org.debian:01:abc";

[[noreturn]] void broken(const char* what) {
  std::fprintf(stderr, "login_fuzz: %s\n", what);
  std::abort();
}

// The same octets in each run, so that a mutated CHAP response can be the right one.
class fixed_random final : public random_source {
 public:
  void fill(byte_span out) override {
    for (auto& b : out) b = std::byte{7};
  }
};

// Bit 0: CHAP is asked for; bit 1: we prove ourselves; bit 2: the answer needs several PDUs.
login_rules rules_of(std::uint8_t choice) {
  login_rules rules;
  authentication auth;
  if (choice & 1) auth.initiator = {"alice", "alice's own secret"};
  if ((choice & 3) == 3) auth.mutual = {"cairn", "the target's secret"};
  rules.targets.push_back({target, std::string(choice & 4 ? 9000 : 3, 'v'), {}, auth});
  rules.discovery = auth;
  rules.digests = {chap_digest::sha256, chap_digest::sha1, chap_digest::md5};
  return rules;
}

void check_reply(const login::reply& r, const login& l, bool opened) {
  const auto& head = r.response.head;
  const bool success = head.u16(36) == 0;
  if (!head.is(opcode::login_response)) broken("an answer that is no login response");
  if (head.data_length() != r.response.data.size()) broken("a data length that is wrong");
  if (r.response.data.size() > 8192) broken("a response that is too long");
  if (success == r.close) broken("a failure that does not close, or a success that does");
  if (r.close && r.because.empty()) broken("a failure without a reason");
  if (r.established != opened) broken("established without a session, or the other way round");
  if (!r.established) return;
  const auto& p = l.parameters();
  if (p.first_burst > p.max_burst || p.max_burst < 512 || p.send_data_max < 512 ||
      p.max_outstanding_r2t == 0) {
    broken("parameters that cannot be");
  }
  if (iscsi_name(l.identity().initiator) != l.identity().initiator) broken("an unchecked name");
}

// Values that were accepted keep within their bounds.
void check_values(byte_view in) {
  const auto pairs = parse_text(in);
  if (!pairs) return;
  if (parse_text(encode_text(*pairs)) != *pairs) broken("text did not survive a second trip");
  for (const auto& [key, value] : *pairs) {
    const auto number = number_value(value, {2, 300});
    if (number && (*number < 2 || *number > 300)) broken("a number out of its bounds");
    const auto octets = binary_value(value, 20);
    if (octets && (octets->empty() || octets->size() > 20)) broken("octets out of their bounds");
    if (octets && binary_value(hex_value(*octets), 20) != octets) broken("octets changed");
    if (const auto name = iscsi_name(value); name && iscsi_name(*name) != name) broken("a name");
    chap_id(value);
    choose_digest(value, {chap_digest::sha1});
  }
}

void check_text_request(const login_rules& rules, const login& l, byte_view in) {
  const auto answer = answer_text(rules, l.identity(), {"192.0.2.1:3260"}, in);
  if (answer && !answer->text.empty() && answer->text.back() != std::byte{0}) {
    broken("an answer without its last NUL");
  }
}

// Whether the login came to its end.
bool follow(byte_view rest, const login_rules& rules) {
  fixed_random random;
  unsigned opened = 0;
  login under_test(rules, random, [&](const session_identity&, std::uint16_t) {
    ++opened;
    return session_opened(std::uint16_t{1});
  });
  while (rest.size() >= header_bytes) {
    pdu request;
    request.head = header(rest.first<header_bytes>());
    rest = rest.subspan(header_bytes);
    request.data = rest.first(std::min<std::size_t>(request.head.data_length(), rest.size()));
    rest = rest.subspan(request.data.size());
    const auto before = opened;
    const auto reply = under_test.on_request(request);
    check_reply(reply, under_test, opened != before);
    if (opened > 1) broken("a session was opened twice");
    check_values(request.data);
    if (opened != 0) check_text_request(rules, under_test, request.data);
  }
  return opened != 0;
}

bool follow(byte_view in) {
  return !in.empty() && follow(in.subspan(1), rules_of(std::to_integer<std::uint8_t>(in[0])));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  follow(std::as_bytes(std::span(octets, size)));
  return 0;
}

#ifndef CAIRN_LIBFUZZER
namespace {

void append(bytes& out, unsigned flags, const text_list& keys) {
  const auto text = encode_text(keys);
  header h(opcode::login_request);
  h.set(0, 0x43, 1).set(field::flags, flags, 1).set(field::data_length, text.size(), 3);
  field_writer(out).raw(h.view()).raw(text);
}

text_list operational_keys() {
  return {{"HeaderDigest", "CRC32C,None"},
          {"DataDigest", "None"},
          {"InitialR2T", "No"},
          {"ImmediateData", "Yes"},
          {"MaxBurstLength", "16776192"},
          {"FirstBurstLength", "262144"},
          {"MaxOutstandingR2T", "1"},
          {"MaxConnections", "1"},
          {"DefaultTime2Wait", "2"},
          {"IFMarker", "No"},
          {"ErrorRecoveryLevel", "0"},
          {"MaxRecvDataSegmentLength", "0x40000"},
          {"X-com.example.thing", "0bAAEC"}};
}

std::string right_response(chap_digest algorithm) {
  const chap_challenge ours{7, bytes(digest_length(algorithm), std::byte{7})};
  return hex_value(*chap_response(algorithm, ours, "alice's own secret"));
}

bytes plain_login(std::uint8_t choice) {
  bytes out{static_cast<std::byte>(choice)};
  auto keys = operational_keys();
  keys.insert(keys.begin(), {{"InitiatorName", initiator}, {"TargetName", target}});
  append(out, 0x87, keys);
  if (choice & 4) append(out, 0x87, {});  // for the rest of the answer
  append(out, 0x87, {{"SendTargets", "All"}});
  return out;
}

bytes chap_login(std::uint8_t choice, chap_digest algorithm) {
  bytes out{static_cast<std::byte>(choice)};
  append(out, 0x81,
         {{"InitiatorName", initiator}, {"TargetName", target}, {"AuthMethod", "CHAP,None"}});
  if (choice & 4) append(out, 0x00, {});
  append(out, 0x00, {{"CHAP_A", std::to_string(static_cast<unsigned>(algorithm))}});
  text_list proof{{"CHAP_N", "alice"}, {"CHAP_R", right_response(algorithm)}};
  if (choice & 2) {
    proof.insert(proof.end(), {{"CHAP_I", "12"}, {"CHAP_C", "0bAAECAwQFBgcICQoLDA0ODw=="}});
  }
  append(out, 0x81, proof);
  append(out, 0x87, operational_keys());
  append(out, 0x87, {{"SendTargets", ""}});
  return out;
}

bytes discovery_login() {
  bytes out{std::byte{0}};
  append(out, 0x81,
         {{"InitiatorName", initiator}, {"SessionType", "Discovery"}, {"AuthMethod", "None"}});
  append(out, 0x44, {{"MaxRecvDataSegmentLength", "65536"}});
  append(out, 0x87, {{"DefaultTime2Retain", "20"}});
  append(out, 0x87, {{"SendTargets", "All"}});
  return out;
}

std::vector<bytes> seeds() {
  return {plain_login(0),
          plain_login(4),
          discovery_login(),
          chap_login(1, chap_digest::md5),
          chap_login(3, chap_digest::sha1),
          chap_login(7, chap_digest::sha256)};
}

// Changes, doubles or removes a few bytes: lengths in headers are then wrong as well.
void mutate(bytes& input, std::mt19937_64& random) {
  static constexpr std::string_view telling = std::string_view("\0=,0xb9~-", 9);
  for (auto n = 1 + random() % 5; n > 0 && !input.empty(); --n) {
    const auto at = input.begin() + static_cast<std::ptrdiff_t>(random() % input.size());
    switch (random() % 8) {
      case 0:
        input.erase(at);
        break;
      case 1:
        input.insert(at, *at);
        break;
      case 2:
      case 3:
        *at = static_cast<std::byte>(telling[random() % telling.size()]);
        break;
      default:
        *at = static_cast<std::byte>(random());
    }
  }
}

bytes make(const std::vector<bytes>& all, std::mt19937_64& random) {
  bytes input = all[random() % all.size()];
  mutate(input, random);
  return input;
}

}  // namespace

int main(int count, char** arguments) {
  for (const bytes& input : seeds())
    if (!follow(input)) broken("a login of a real initiator failed");
  return fuzz::drive({"login_fuzz", 200'000, seeds(), make}, count, arguments);
}
#endif
