// An initiator that speaks PDUs to class login, and what it got back.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "iscsi/login.h"

namespace cairn::iscsi {

// Bytes 1, 2, 3, … : challenges that a test can foresee.
class counting_random final : public random_source {
 public:
  void fill(byte_span out) override {
    for (auto& b : out) b = static_cast<std::byte>(++last_);
  }

 private:
  std::uint8_t last_ = 0;
};

struct request_fields {
  unsigned from = 1;
  unsigned to = 3;
  bool transit = true;
  bool more = false;
  unsigned version_min = 0;
  std::uint16_t tsih = 0;
  std::uint64_t isid = 0x00023d000001;
  std::uint32_t cmd_sn = 77;
};

class login_fixture : public testing::Test {
 protected:
  static constexpr const char* initiator_name = "iqn.1993-08.org.debian:01:abc";
  static constexpr const char* target_name = "iqn.2026-11.io.cairn:lab.m1-v1";

  login_fixture() {
    rules.targets.push_back({target_name, "m1-v1", {}, {}});
    rules.targets.push_back({"iqn.2026-11.io.cairn:lab.locked", "", {"iqn.2000-01.a:b"}, {}});
  }

  void need_chap(bool mutual = false) {
    auto& auth = rules.targets[0].auth;
    auth.initiator = {"alice", "alice's own secret"};
    if (mutual) auth.mutual = {"cairn", "the target's secret"};
  }

  login::reply send_text(const request_fields& f, const bytes& text) {
    pdu request;
    request.head = header(opcode::login_request);
    const unsigned flags =
        (f.transit ? 0x80U : 0U) | (f.more ? 0x40U : 0U) | f.from << 2 | (f.transit ? f.to : 0U);
    request.head.set(field::flags, flags, 1)
        .set(3, f.version_min, 1)
        .set(field::isid, f.isid, 6)
        .set(field::tsih, f.tsih, 2)
        .set(field::task_tag, 0x1234, 4)
        .set(field::cmd_sn, f.cmd_sn, 4);
    request.data = text;
    return send(request);
  }
  login::reply send(const request_fields& f, const text_list& keys) {
    return send_text(f, encode_text(keys));
  }
  login::reply send(const pdu& request) {
    if (!under_test) {
      under_test = std::make_unique<login>(rules, random,
                                           [this](const session_identity& who, std::uint16_t tsih) {
                                             opened_for.push_back(who);
                                             tsih_asked = tsih;
                                             return outcome;
                                           });
    }
    return under_test->on_request(request);
  }

  static text_list named(text_list more = {}) {
    text_list all{{"InitiatorName", initiator_name}, {"TargetName", target_name}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static unsigned status(const login::reply& r) { return r.response.head.u16(36); }
  static text_list keys_of(const login::reply& r) {
    EXPECT_EQ(r.response.head.data_length(), r.response.data.size());
    const auto parsed = parse_text(r.response.data);
    EXPECT_TRUE(parsed) << parsed.error().text;
    return parsed.value_or(text_list{});
  }
  static std::string value(const login::reply& r, std::string_view key) {
    const auto keys = keys_of(r);
    const auto* found = find_value(keys, key);
    return found == nullptr ? "(absent)" : *found;
  }

  login_rules rules;
  counting_random random;
  session_opened outcome = std::uint16_t{9};
  std::unique_ptr<login> under_test;
  std::vector<session_identity> opened_for;
  std::uint16_t tsih_asked = 0;
};

}  // namespace cairn::iscsi
