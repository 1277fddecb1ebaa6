// Fuzz target for the full feature phase: a TCP stream of PDUs through pdu_stream and session, with
// a real logical unit behind them. The first byte chooses what was negotiated, the next how the
// stream is cut.
//   pdu_fuzz [--seed N] [--runs N] [--seconds N] [FILE…]
#include <cstring>

#include "iscsi/pdu_stream.h"
#include "iscsi/session.h"
#include "tests/fuzz/driver.h"

namespace {

using namespace cairn;
using namespace cairn::iscsi;

constexpr std::uint32_t data_max = 16 << 10;
constexpr std::size_t volume_bytes = 1 << 20;

[[noreturn]] void broken(const char* what) {
  std::fprintf(stderr, "pdu_fuzz: %s\n", what);
  std::abort();
}

class no_store final : public scsi::reservation_store {
 public:
  result<void> save(byte_view) override { return {}; }
  result<bytes> load() override { return bytes{}; }
};

// A connection and its storage, in one thread: tasks end in the order that the input's bytes say.
class conversation {
 public:
  explicit conversation(std::uint8_t choice) : unit_(*scsi::device::open(identity(), store_)) {
    session_start from;
    from.agreed.header_digest = choice & 1;
    from.agreed.data_digest = choice & 2;
    from.agreed.initial_r2t = choice & 4;
    from.agreed.immediate_data = choice & 8;
    from.agreed.max_burst = 8192;
    from.agreed.first_burst = 4096;
    from.agreed.send_data_max = 2048;
    from.agreed.max_outstanding_r2t = 2;
    stream_.use_digests(from.agreed.header_digest, from.agreed.data_digest);
    session_surroundings around;
    around.later = [this](std::function<void()> f) { later_.push_back(std::move(f)); };
    around.abort_others = [](const std::shared_ptr<const void>&) {};
    around.abort_nexuses = [](const auto&, const std::shared_ptr<const void>&) {};
    around.answer_text = [](byte_view text) -> result<text_answer> {
      return text_answer{bytes(text.size() * 3), {}};
    };
    around.reset_target = [] {};
    const auto nexus = unit_->attach("iqn.fuzz,i,0x1");
    limits_.commands_max = 8;
    limits_.data_bytes_max = 64 << 10;
    session_.emplace(from, unit_.get(), nexus, around, limits_);
  }

  // Takes at most `at_once` bytes of the stream a time.
  void hear(byte_view wire, std::size_t at_once) {
    while (!wire.empty() && !session_->closing()) {
      feed(wire, at_once);
      if (!take_pdus()) break;
      while (work()) {
      }
      session_->own_data();
      drain();
    }
    session_->abort_all({});
    for (const auto& t : running_) session_->finished(t, {});
    if (session_->tasks() != 0) broken("tasks that never end");
  }

 private:
  static scsi::device_identity identity() {
    scsi::device_identity i;
    i.target_name = "iqn.2026-01.fuzz:volume";
    i.size_bytes = volume_bytes;
    return i;
  }

  void feed(byte_view& wire, std::size_t at_once) {
    std::size_t n = 0;
    for (const auto& part : stream_.room()) {
      const auto now = std::min({part.iov_len, wire.size() - n, at_once - n});
      std::memcpy(part.iov_base, wire.data() + n, now);
      n += now;
    }
    stream_.received(n);
    wire = wire.subspan(n);
  }

  bool take_pdus() {
    for (;;) {
      const auto p = stream_.next([this](const header& h) { return session_->place(h); });
      if (!p) return false;
      if (!*p) return true;
      if (!session_->on_pdu(**p)) return false;
    }
  }

  // Every third task stays at the storage for a while.
  bool work() {
    const auto t = session_->take_work();
    if (t) start(t);
    if (running_.size() > 3 || (!t && !running_.empty())) {
      const auto first = running_.front();
      running_.erase(running_.begin());
      session_->finished(first, {});
      return true;
    }
    return t != nullptr;
  }

  void start(const task_ptr& t) {
    if (!t->what.to_do) {
      session_->decided(t, unit_->parameters(session_->nexus(), t->cdb, t->data));
      return;
    }
    const auto& w = *t->what.to_do;
    if (!w.range.within(volume_bytes)) broken("work outside the volume");
    if (w.kind == scsi::work_kind::write && t->data.size() != w.range.length)
      broken("a write with other data than its range");
    if (w.kind == scsi::work_kind::read && t->held.size() != w.range.length)
      broken("a read with another buffer than its range");
    t->own_data();
    if (++count_ % 3 == 0)
      running_.push_back(t);
    else
      session_->finished(t,
                         count_ % 5 == 0 ? scsi::work_outcome{EIO, {}, {}} : scsi::work_outcome{});
  }

  void drain() {
    auto& out = session_->output();
    if (out.pdus() > limits_.pdus_max + 64) broken("output without bound");
    while (!out.empty()) {
      std::size_t n = 0;
      for (const auto& part : out.front(96)) n += part.iov_len;
      out.sent(n);
    }
    for (auto& f : std::exchange(later_, {})) f();
  }

  no_store store_;
  std::unique_ptr<scsi::device> unit_;
  pdu_stream stream_{data_max};
  session_limits limits_;
  std::optional<session> session_;
  std::vector<task_ptr> running_;
  std::vector<std::function<void()>> later_;
  int count_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view in = std::as_bytes(std::span(data, size));
  if (in.size() < 2) return 0;
  const auto cut = std::to_integer<std::size_t>(in[1]);
  conversation(std::to_integer<std::uint8_t>(in[0]))
      .hear(in.subspan(2), cut == 0 ? 1 << 20 : cut * 16);
  return 0;
}

#ifndef CAIRN_LIBFUZZER
namespace {

// Requests as an initiator sends them, one behind the other.
class script {
 public:
  explicit script(std::uint8_t choice, std::uint8_t cut)
      : out_{static_cast<std::byte>(choice), static_cast<std::byte>(cut)} {}

  script& command(std::uint8_t flags, std::uint32_t length, std::initializer_list<int> cdb,
                  std::size_t immediate = 0) {
    header h(opcode::scsi_command);
    h.set(1, flags, 1).set(field::task_tag, ++tag_, 4).set(20, length, 4);
    h.set(field::cmd_sn, cmd_sn_++, 4);
    std::size_t at = 32;
    for (const int b : cdb) h.set(at++, static_cast<std::uint8_t>(b), 1);
    return add(h, immediate);
  }
  script& data(std::uint32_t ttt, std::uint32_t at, std::size_t n, bool last) {
    header h(opcode::data_out);
    h.set(1, last ? 0x80 : 0, 1).set(field::task_tag, tag_, 4).set(field::target_tag, ttt, 4);
    return add(h.set(field::buffer_offset, at, 4), n);
  }
  script& other(opcode op, std::uint8_t flags, std::uint32_t word, std::size_t n = 0) {
    header h(op);
    h.set(0, static_cast<std::uint8_t>(op) | 0x40, 1).set(1, flags, 1);
    h.set(field::task_tag, 1000 + ++tag_, 4).set(20, word, 4).set(field::cmd_sn, cmd_sn_, 4);
    return add(h, n);
  }
  bytes done() const { return out_; }

 private:
  script& add(header h, std::size_t n) {
    h.set(field::data_length, n, 3);
    field_writer(out_).raw(h.view()).raw(bytes(padded(static_cast<std::uint32_t>(n))));
    return *this;
  }

  bytes out_;
  std::uint32_t tag_ = 0, cmd_sn_ = 0;
};

// Without digests, so that mutations get past them.
std::vector<bytes> seeds() {
  script reads(8, 0), writes(8, 3), asked(4, 200), managed(8, 0);
  reads.command(0xc0, 0, {0, 0, 0, 0, 0, 0});
  reads.command(0xc0, 4096, {0x28, 0, 0, 0, 0, 8, 0, 0, 8, 0});
  reads.command(0xc0, 255, {0x12, 1, 0x83, 0, 255, 0});
  reads.other(opcode::nop_out, 0x80, no_tag, 40).other(opcode::text_request, 0x80, no_tag, 900);
  writes.command(0xa0, 0, {0});
  writes.command(0xa0, 4096, {0x2a, 0, 0, 0, 0, 8, 0, 0, 8, 0}, 4096);
  writes.command(0x20, 8192, {0x2a, 0, 0, 0, 0, 8, 0, 0, 16, 0}, 2048)
      .data(no_tag, 2048, 2048, true);
  writes.data(1, 4096, 4096, true).command(0xa2, 512, {0x41, 0, 0, 0, 0, 1, 0, 0, 4, 0}, 512);
  asked.command(0xa0, 0, {0}).command(0xa0, 16384, {0x2a, 0, 0, 0, 0, 8, 0, 0, 32, 0});
  asked.data(1, 0, 8192, true).data(2, 8192, 8192, true);
  asked.command(0xa0, 24, {0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0}).data(3, 0, 24, true);
  managed.command(0xc0, 0, {0}).command(0xa0, 8192, {0x2a, 0, 0, 0, 0, 8, 0, 0, 16, 0});
  managed.other(opcode::task_request, 0x81, 2).other(opcode::task_request, 0x85, no_tag);
  managed.other(opcode::snack, 0x80, 0).other(opcode::logout_request, 0x80, 0);
  return {reads.done(), writes.done(), asked.done(), managed.done()};
}

bytes make(const std::vector<bytes>& seeds, std::mt19937_64& random) {
  bytes out = seeds[random() % seeds.size()];
  for (auto n = random() % 8; n > 0; --n) {
    // Headers more often than data.
    const auto at = random() % 2 == 0 ? random() % out.size()
                                      : 2 + random() % 6 * header_bytes + random() % header_bytes;
    if (at < out.size())
      out[at] = static_cast<std::byte>(random() % 4 == 0 ? random() : random() % 9);
  }
  if (random() % 8 == 0) out.resize(random() % (out.size() + 1));
  if (random() % 8 == 0) {
    const auto& more = seeds[random() % seeds.size()];
    out.insert(out.end(), more.begin() + 2, more.end());
  }
  return out;
}

}  // namespace

int main(int count, char** arguments) {
  return fuzz::drive({"pdu_fuzz", 20'000, seeds(), make}, count, arguments);
}
#endif
