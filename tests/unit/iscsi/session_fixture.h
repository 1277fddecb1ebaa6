// A session with a logical unit that does what the test says, and an initiator that speaks in PDUs.
#pragma once

#include <gtest/gtest.h>

#include <cstring>

#include "iscsi/session.h"

namespace cairn::iscsi {
using scsi::work_kind;

inline constexpr std::uint8_t final_bit = 0x80, reads = 0x40, writes = 0x20;

// A unit that does what the test says.
class scripted_unit final : public scsi::device {
 public:
  scsi::decision next;
  scsi::decision next_parameters;
  bytes parameters_given;
  int resets = 0;

  scsi::nexus_id attach(const std::string&) override { return 7; }
  void detach(scsi::nexus_id) override {}
  scsi::decision begin(scsi::nexus_id, std::uint64_t, const scsi::cdb&) override { return next; }
  scsi::decision parameters(scsi::nexus_id, const scsi::cdb&, byte_view data) override {
    parameters_given.assign(data.begin(), data.end());
    return next_parameters;
  }
  scsi::answer finish(scsi::nexus_id, const scsi::cdb&, const scsi::work_outcome& o) override {
    if (o.error == 0) return {};
    return {scsi::status::check_condition,
            {},
            scsi::sense{scsi::sense_key::medium_error, 0x0c00, {}, {}, false}};
  }
  void reset_unit() override { ++resets; }
  void resized(std::uint64_t) override {}
  std::uint64_t size_bytes() const override { return 1 << 30; }
};

struct sent_pdu {
  header head;
  bytes data;
};

class SessionFixture : public testing::Test {
 protected:
  SessionFixture() { restart(); }

  void restart() {
    start_.exp_cmd_sn = cmd_sn_;
    start_.stat_sn = 100;
    session_surroundings around;
    around.later = [this](std::function<void()> f) { later_.push_back(std::move(f)); };
    around.abort_others = [this](std::shared_ptr<const void> keep) { others_ = std::move(keep); };
    around.abort_nexuses = [this](const auto& of, std::shared_ptr<const void> keep) {
      preempted_ = of;
      others_ = std::move(keep);
    };
    around.answer_text = [this](byte_view given) -> result<text_answer> {
      text_given_.assign(given.begin(), given.end());
      return text_answer{bytes(text_bytes_, std::byte{'t'}), {}};
    };
    around.reset_target = [this] { ++target_resets_; };
    session_ = std::make_unique<session>(start_, &unit_, 7, around, limits_);
  }

  header command(std::uint8_t flags, std::uint32_t tag, std::uint32_t length) {
    header h(opcode::scsi_command);
    h.set(1, flags | final_bit, 1).set(field::task_tag, tag, 4).set(20, length, 4);
    h.set(field::cmd_sn, cmd_sn_++, 4);
    return h;
  }
  // Counts DataSN by itself, for one sequence at a time.
  header data_out(std::uint32_t tag, std::uint32_t ttt, std::uint32_t at, bool last) {
    header h(opcode::data_out);
    h.set(field::data_sn, data_sn_++, 4);
    if (last) data_sn_ = 0;
    h.set(1, last ? final_bit : 0, 1).set(field::task_tag, tag, 4);
    h.set(field::target_tag, ttt, 4).set(field::buffer_offset, at, 4);
    return h;
  }
  header task_request(std::uint8_t function, std::uint32_t ref = no_tag) {
    header h(opcode::task_request);
    h.set(0, 0x42, 1).set(1, function | final_bit, 1).set(field::task_tag, 900 + function, 4);
    h.set(20, ref, 4).set(field::cmd_sn, cmd_sn_, 4);
    return h;
  }
  result<void> give(header h, byte_view data = {}) {
    h.set(field::data_length, data.size(), 3);
    return session_->on_pdu({h, {}, data});
  }
  void ok(header h, byte_view data = {}) {
    const auto done = give(h, data);
    EXPECT_TRUE(done) << done.error().text;
  }

  std::vector<sent_pdu> sent() {
    bytes wire;
    auto& out = session_->output();
    while (!out.empty()) {
      std::size_t n = 0;
      for (const auto& part : out.front(96)) {
        const auto* p = static_cast<const std::byte*>(part.iov_base);
        wire.insert(wire.end(), p, p + part.iov_len);
        n += part.iov_len;
      }
      out.sent(n);
    }
    std::vector<sent_pdu> all;
    for (byte_view left(wire); !left.empty();) {
      const header h(left.first<header_bytes>());
      const auto data = left.subspan(header_bytes, h.data_length());
      all.push_back({h, bytes(data.begin(), data.end())});
      left = left.subspan(header_bytes + padded(h.data_length()));
    }
    return all;
  }
  sent_pdu only_one(opcode of) {
    const auto all = sent();
    EXPECT_EQ(all.size(), 1u);
    if (all.empty()) return {};
    EXPECT_TRUE(all[0].head.is(of)) << int(all[0].head.op());
    return all[0];
  }

  void next_is(work_kind kind, std::uint64_t length, bool out) {
    unit_.next = {};
    unit_.next.to_do = scsi::work{kind, {0, length}, {}, false, 512, 0};
    (out ? unit_.next.data_out : unit_.next.data_in) = length;
  }
  static bytes content(std::size_t n) {
    bytes out(n);
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::byte>(i * 13 + i / 256);
    return out;
  }
  task_ptr must_work() {
    auto t = session_->take_work();
    EXPECT_TRUE(t);
    return t;
  }
  static std::uint8_t status_of(const sent_pdu& p) { return p.head.u8(3); }

  scripted_unit unit_;
  session_start start_{{}, {false, false, 8192, true, true, 65536, 16384, 2}, 0, 0};
  session_limits limits_;
  std::uint32_t cmd_sn_ = 5, data_sn_ = 0;
  std::size_t text_bytes_ = 10;
  bytes text_given_;
  std::vector<std::function<void()>> later_;
  std::shared_ptr<const void> others_;  // kept while other sessions have tasks
  std::vector<scsi::nexus_id> preempted_;
  int target_resets_ = 0;
  std::unique_ptr<session> session_;
};

}  // namespace cairn::iscsi
