// What every PDU has in common: its number in the window, its answer's numbers; and the requests
// that are no SCSI commands.
#include "iscsi/session.h"

#include <cerrno>

namespace cairn::iscsi {
namespace {

// Reject reasons, RFC 7143 11.17.1.
constexpr std::uint8_t data_digest_error = 0x02, snack_rejected = 0x03, protocol_error = 0x04,
                       not_supported = 0x05;

constexpr std::uint16_t logout_within_s = 10;  // AsyncEvent 1

}  // namespace

session::session(session_start from, scsi::device* unit, scsi::nexus_id nexus,
                 session_surroundings around, session_limits limits)
    : from_(std::move(from)),
      unit_(unit),
      nexus_(nexus),
      around_(std::move(around)),
      limits_(limits),
      exp_cmd_sn_(from_.exp_cmd_sn),
      stat_sn_(from_.stat_sn) {
  output_.use_digests(from_.agreed.header_digest, from_.agreed.data_digest);
}

std::uint32_t session::max_cmd_sn() const {
  return exp_cmd_sn_ + (limits_.commands_max - commands_) - 1;
}

void session::send(header h, stat_sn how, byte_view data, std::shared_ptr<const void> keep) {
  if (how != stat_sn::absent) h.set(field::stat_sn, stat_sn_, 4);
  if (how == stat_sn::advances) ++stat_sn_;
  h.set(field::exp_cmd_sn, exp_cmd_sn_, 4).set(field::max_cmd_sn, max_cmd_sn(), 4);
  output_.push(h, data, std::move(keep));
}

void session::send(header h, stat_sn how, bytes data) {
  const auto keep = std::make_shared<const bytes>(std::move(data));
  send(h, how, *keep, keep);
}

void session::reject(const header& h, std::uint8_t reason) {
  header out(opcode::reject);
  out.set(field::flags, 0x80, 1).set(2, reason, 1).set(field::task_tag, no_tag, 4);
  send(out, stat_sn::advances, bytes(h.view().begin(), h.view().end()));
}

void session::on_data_digest_error(const header& h) {
  reject(h, data_digest_error);
  listens_ = false;
  closing_ = true;
}

// false: it is ignored, as RFC 7143 4.2.2.1 wants of what lies outside the window.
result<bool> session::in_order(const header& h) {
  if (h.immediate()) return true;
  const auto sn = h.u32(field::cmd_sn);
  const auto ahead = static_cast<std::int32_t>(sn - exp_cmd_sn_);
  if (ahead < 0 || static_cast<std::int32_t>(max_cmd_sn() - sn) < 0) return false;
  if (ahead > 0)
    return fail(EPROTO, "CmdSN " + std::to_string(sn) + " came, but " +
                            std::to_string(exp_cmd_sn_) + " is next on this connection");
  ++exp_cmd_sn_;
  return true;
}

result<void> session::on_pdu(const pdu& p) {
  if (!listens_) return {};
  if (p.head.is(opcode::data_out)) return on_data_out(p);
  if (p.head.is(opcode::snack)) {
    reject(p.head, snack_rejected);
    return {};
  }
  const auto taken = in_order(p.head);
  if (!taken) return fail(taken.error());
  return *taken ? dispatch(p) : result<void>();
}

result<void> session::dispatch(const pdu& p) {
  const auto& h = p.head;
  if (h.is(opcode::nop_out)) return on_nop(p);
  if (h.is(opcode::text_request)) return on_text(p);
  if (h.is(opcode::logout_request)) return on_logout(h), result<void>();
  if (unit_ != nullptr && h.is(opcode::scsi_command)) return on_command(p);
  if (unit_ != nullptr && h.is(opcode::task_request)) return on_task_request(h), result<void>();
  reject(h, h.is(opcode::login_request) ? protocol_error : not_supported);
  return {};
}

result<void> session::on_nop(const pdu& p) {
  const auto& h = p.head;
  ping_unanswered_ = false;
  if (h.task_tag() == no_tag) return {};
  if (h.u32(field::target_tag) != no_tag) {
    reject(h, protocol_error);
    return {};
  }
  header out(opcode::nop_in);
  out.set(field::flags, 0x80, 1).set(field::task_tag, h.task_tag(), 4);
  out.set(field::target_tag, no_tag, 4);
  const auto echoed = std::min<std::size_t>(p.data.size(), from_.agreed.send_data_max);
  send(out, stat_sn::advances, bytes(p.data.begin(), p.data.begin() + static_cast<long>(echoed)));
  return {};
}

bool session::ping() {
  if (ping_unanswered_) return false;
  ping_unanswered_ = true;
  header out(opcode::nop_in);
  out.set(field::flags, 0x80, 1).set(field::task_tag, no_tag, 4);
  out.set(field::target_tag, next_tag_++ & 0x7fffffff, 4);
  send(out, stat_sn::shown);
  return true;
}

result<void> session::on_text(const pdu& p) {
  const auto& h = p.head;
  const bool goes_on = (h.flags() & 0x40) != 0;
  const bool begins = h.u32(field::target_tag) == no_tag;
  if (begins) text_in_.clear();  // one that was not finished is dropped
  if (!begins && text_in_.empty() && p.data.empty()) {
    send_text(h);  // the next part of a long answer
    return {};
  }
  if (text_in_.size() + p.data.size() > limits_.text_bytes_max)
    return fail(EPROTO,
                "a text request of more than " + std::to_string(limits_.text_bytes_max) + " bytes");
  text_in_.insert(text_in_.end(), p.data.begin(), p.data.end());
  text_out_.clear();
  if (!goes_on) {
    auto answered = around_.answer_text(text_in_);
    text_in_.clear();
    if (!answered) {
      reject(h, protocol_error);
      return {};
    }
    text_out_ = std::move(answered->text);
    if (answered->send_data_max) from_.agreed.send_data_max = *answered->send_data_max;
  }
  send_text(h);
  return {};
}

// As much of text_out_ as a PDU takes; the initiator asks for the rest with an empty request. Only
// the initiator says that the exchange ends: F answers F.
void session::send_text(const header& to) {
  const auto n = std::min<std::size_t>(text_out_.size(), from_.agreed.send_data_max);
  bytes part(text_out_.begin(), text_out_.begin() + static_cast<long>(n));
  text_out_.erase(text_out_.begin(), text_out_.begin() + static_cast<long>(n));
  const bool more = !text_out_.empty(), last = !more && text_in_.empty() && to.final();
  header out(opcode::text_response);
  out.set(field::flags, (last ? 0x80 : 0) | (more ? 0x40 : 0), 1);
  out.set(field::task_tag, to.task_tag(), 4);
  out.set(field::target_tag, last ? no_tag : next_tag_++ & 0x7fffffff, 4);
  send(out, stat_sn::advances, std::move(part));
}

void session::on_logout(const header& h) {
  enum : std::uint8_t { close_session = 0, close_connection = 1, recovery = 2 };
  enum : std::uint8_t { done = 0, no_such_connection = 1, no_recovery = 2 };
  const auto reason = h.flags() & 0x7f;
  const auto respond = [this, h](std::uint8_t answer) {
    header out(opcode::logout_response);
    out.set(field::flags, 0x80, 1).set(2, answer, 1).set(field::task_tag, h.task_tag(), 4);
    send(out, stat_sn::advances);
  };
  if (reason >= recovery) return respond(no_recovery);
  if (reason == close_connection && h.u16(field::cid) != from_.who.cid)
    return respond(no_such_connection);
  // Nothing of this session reaches the volume behind the answer.
  listens_ = false;
  abort_all(when_dropped([this, respond] {
    respond(done);
    closing_ = true;
  }));
}

void session::ask_for_logout() {
  header out(opcode::async_message);
  out.set(field::flags, 0x80, 1).set(field::task_tag, no_tag, 4);
  out.set(36, 1, 1).set(42, logout_within_s, 2);
  send(out, stat_sn::advances);
}

}  // namespace cairn::iscsi
