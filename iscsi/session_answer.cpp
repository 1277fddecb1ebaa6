// What goes back to the initiator for a SCSI command: Data-In and status, with exact residuals
// (RFC 7143 11.4, 11.7).
#include <utility>

#include "iscsi/session.h"

namespace cairn::iscsi {
namespace {

constexpr std::uint8_t overflow = 0x04, underflow = 0x02, with_status = 0x01, final_bit = 0x80;

struct residual {
  std::uint8_t flag = 0;
  std::uint32_t count = 0;
};

// Bytes that the command moves in its direction if nobody limits it. One that fails moves none, but
// one that lacks the data it takes fails for that.
std::uint64_t moves(const task& t, const scsi::answer& a) {
  const bool lacks_data = t.what.data_out > 0 && !t.writes();
  if (a.status != scsi::status::good && !lacks_data) return a.data_in.size();
  if (t.what.data_out > 0) return t.what.data_out;
  return t.what.data_in > 0 ? t.what.data_in : a.data_in.size();
}

// Bytes that the initiator expects in the direction of the command: none where the flag is the
// other one (RFC 7143 11.4.5).
std::uint64_t expected_of(const task& t, const scsi::answer& a) {
  const bool out = t.what.data_out > 0, in = t.what.data_in > 0 || !a.data_in.empty();
  return (t.reads() && !out) || (t.writes() && !in) ? t.expected() : 0;
}

residual residual_of(const task& t, const scsi::answer& a) {
  const auto expected = expected_of(t, a), has = moves(t, a);
  if (has > expected) return {overflow, static_cast<std::uint32_t>(has - expected)};
  if (has < expected) return {underflow, static_cast<std::uint32_t>(expected - has)};
  return {};
}

void set_residual(header& h, const residual& r) {
  h.set(field::flags, h.flags() | r.flag, 1).set(44, r.count, 4);
}

}  // namespace

void session::finished(const task_ptr& t, const scsi::work_outcome& outcome) {
  if (t->aborted) return end_aborted(t);
  const auto a = unit_->finish(nexus_, t->cdb, outcome);
  const bool read = t->what.to_do->kind == scsi::work_kind::read;
  if (!read || a.status != scsi::status::good) return answer(t, a);
  const auto n = std::min<std::size_t>(t->held.size(), t->reads_at_most());
  answer(t, a, t->held.span().first(n), t->held.owner());
}

void session::answer(const task_ptr& t, const scsi::answer& a) {
  const auto keep = std::make_shared<const bytes>(a.data_in);
  const auto n = std::min<std::size_t>(keep->size(), t->reads_at_most());
  answer(t, a, byte_view(*keep).first(n), keep);
}

// Data in PDUs that the initiator takes, in sequences of MaxBurstLength; a good status travels with
// the last one.
void session::answer(const task_ptr& t, const scsi::answer& a, byte_view data,
                     const std::shared_ptr<const void>& keep) {
  leave_window(*t);
  const bool good = a.status == scsi::status::good;
  const auto r = residual_of(*t, a);
  std::uint32_t pdus = 0;
  for (std::size_t at = 0; at < data.size();) {
    const auto burst_left = from_.agreed.max_burst - at % from_.agreed.max_burst;
    const auto n =
        std::min<std::size_t>({data.size() - at, from_.agreed.send_data_max, burst_left});
    const bool last = at + n == data.size();
    header out(opcode::data_in);
    out.set(field::flags, last || n == burst_left ? final_bit : 0, 1);
    out.set(field::task_tag, t->tag(), 4).set(field::target_tag, no_tag, 4);
    out.set(field::data_sn, pdus++, 4).set(field::buffer_offset, at, 4);
    if (last && good) {
      out.set(field::flags, out.flags() | with_status, 1);
      set_residual(out, r);
    }
    send(out, last && good ? stat_sn::advances : stat_sn::absent, data.subspan(at, n), keep);
    at += n;
  }
  if (data.empty() || !good) send_status(*t, a, pdus);
  end(t);
}

void session::send_status(const task& t, const scsi::answer& a, std::uint32_t data_pdus) {
  header out(opcode::scsi_response);
  out.set(field::flags, final_bit, 1).set(3, static_cast<std::uint8_t>(a.status), 1);
  out.set(field::task_tag, t.tag(), 4);
  out.set(field::data_sn, t.r2t_sn > 0 ? t.r2t_sn : data_pdus, 4);
  set_residual(out, residual_of(t, a));
  if (!a.sense) return send(out, stat_sn::advances);
  const auto sense = encode(*a.sense);
  bytes body;
  field_writer(body).u16(sense.size()).raw(sense);
  send(out, stat_sn::advances, std::move(body));
}

void session::leave_window(task& t) {
  if (std::exchange(t.counted, false)) --commands_;
}

void session::end_aborted(const task_ptr& t) {
  if (t->told) return answer(t, {scsi::status::task_aborted, {}, {}});
  end(t);
}

void session::end(const task_ptr& t) {
  if (t->now == task::state::ended) return;
  leave_window(*t);
  t->now = task::state::ended;
  if (t->admitted) data_bytes_ -= t->room;
  std::erase(for_room_, t);
  t->awaited.clear();
  if (t->ordered()) --ordered_;
  tasks_.erase(t->tag());
}

}  // namespace cairn::iscsi
