// SCSI commands and the data that initiators send with them.
#include <cerrno>

#include "iscsi/session.h"

namespace cairn::iscsi {
namespace {

// Reject reasons, RFC 7143 11.17.1.
constexpr std::uint8_t too_many_immediate = 0x06, task_in_progress = 0x07, invalid_field = 0x09;
constexpr std::uint32_t immediate_tasks_max = 32;  // beside those that the window counts

bool takes_data_piecewise(scsi::work_kind kind) {
  return kind == scsi::work_kind::write || kind == scsi::work_kind::write_and_check ||
         kind == scsi::work_kind::write_and_compare;
}

// What it takes in memory beside the data that came with the command. A read reads no more than the
// initiator takes.
std::size_t room_for(task& t) {
  if (t.received < t.wanted) return t.wanted;
  if (!t.what.to_do || t.what.to_do->kind != scsi::work_kind::read) return 0;
  auto& range = t.what.to_do->range;
  range.length =
      std::min<std::uint64_t>(range.length, align_up(t.reads_at_most(), t.what.to_do->block_bytes));
  return range.length;
}

void enqueue(std::deque<task_ptr>& queue, const task_ptr& t) {
  t->first() ? queue.push_front(t) : queue.push_back(t);
}

scsi::answer illegal(std::uint16_t code) {
  return {scsi::status::check_condition,
          {},
          scsi::sense{scsi::sense_key::illegal_request, code, {}, {}, false}};
}

}  // namespace

result<void> session::check_unsolicited(const pdu& p) const {
  const auto& agreed = from_.agreed;
  const bool more = !p.head.final();
  const bool writes = (p.head.flags() & 0x20) != 0;
  if (!p.data.empty() && (!agreed.immediate_data || !writes))
    return fail(EPROTO, "immediate data came that was not agreed on");
  if (more && writes && agreed.initial_r2t)
    return fail(EPROTO, "unsolicited data was announced that was not agreed on");
  if (p.data.size() > agreed.first_burst)
    return fail(EPROTO, "immediate data exceeds FirstBurstLength");
  return {};
}

result<void> session::on_command(const pdu& p) {
  const auto tag = p.head.task_tag();
  if (tag == no_tag || tasks_.contains(tag)) {
    reject(p.head, tag == no_tag ? invalid_field : task_in_progress);
    return {};
  }
  CAIRN_TRY(check_unsolicited(p));
  if (p.head.immediate() && tasks_.size() - commands_ >= immediate_tasks_max) {
    reject(p.head, too_many_immediate);  // what data follows it is ignored
    return {};
  }
  auto t = std::make_shared<task>();
  t->command = p.head;
  std::copy_n(p.head.view().begin() + 32, t->cdb.size(), t->cdb.begin());
  t->lun = p.head.number(field::lun, 8);
  t->unsolicited_open = t->writes() && !p.head.final();
  t->arrival = next_arrival_++;
  tasks_.emplace(tag, t);
  if (t->ordered()) ++ordered_;
  t->counted = !p.head.immediate();
  if (t->counted) ++commands_;
  t->what = unit_->begin(nexus_, t->lun, t->cdb);
  if (t->writes() && !t->what.done)
    t->wanted =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(t->expected(), t->what.data_out));
  take_in(t, p.data);
  t->asked = t->received;
  t->room = room_for(*t);
  if (t->room == 0) return advance(t), result<void>();
  enqueue(for_room_, t);
  admit_the_waiting();
  return {};
}

// Keeps what is wanted of it. All that a command takes in one piece stays where it is.
void session::take_in(const task_ptr& t, byte_view data) {
  const auto at = t->received;
  t->received += static_cast<std::uint32_t>(data.size());
  if (at >= t->wanted || data.empty()) return;
  data = data.first(std::min<std::size_t>(data.size(), t->wanted - at));
  if (at == 0 && data.size() == t->wanted) {
    t->data = data;
    return;
  }
  if (t->held.size() == 0) t->held = buffer(t->wanted);
  t->data = t->held.span();
  const auto there = t->held.span().subspan(at);
  if (there.data() != data.data()) std::copy(data.begin(), data.end(), there.begin());
}

pdu_stream::place session::place(const header& h) {
  if (!h.is(opcode::data_out)) return {};
  const auto found = tasks_.find(h.task_tag());
  if (found == tasks_.end() || found->second->now != task::state::collecting) return {};
  auto& t = *found->second;
  const auto at = h.u32(field::buffer_offset);
  if (at != t.received || at > t.wanted || h.data_length() > t.wanted - at) return {};
  if (t.held.size() == 0) t.held = buffer(t.wanted);
  return {t.held.span().subspan(at, h.data_length()), t.held.owner()};
}

// Its place in the data, the burst it belongs to, and the end of that.
result<void> session::check_data_out(const task& t, const pdu& p) const {
  const auto at = p.head.u32(field::buffer_offset);
  const auto end = at + std::uint64_t{p.data.size()};
  const auto name = "Data-Out of task " + std::to_string(t.tag()) + " ";
  if (at != t.received)
    return fail(EPROTO, name + "at " + std::to_string(at) + ", but " + std::to_string(t.received) +
                            " is next");
  const auto tag = p.head.u32(field::target_tag);
  if (tag == no_tag) {
    if (!t.unsolicited_open) return fail(EPROTO, name + "that nobody asked for");
    const auto most = std::min(from_.agreed.first_burst, t.expected());
    if (end > most) return fail(EPROTO, name + "exceeds FirstBurstLength");
    return {};
  }
  if (t.bursts.empty() || t.bursts.front().tag != tag)
    return fail(EPROTO, name + "with an unknown target transfer tag");
  if (end > t.bursts.front().end || (p.head.final() && end != t.bursts.front().end))
    return fail(EPROTO, name + "does not end where its R2T does");
  return {};
}

result<void> session::on_data_out(const pdu& p) {
  const auto found = tasks_.find(p.head.task_tag());
  if (found == tasks_.end()) return {};  // of a task that was aborted
  const auto t = found->second;
  if (t->now != task::state::collecting) return {};
  CAIRN_TRY(check_data_out(*t, p));
  if (p.head.u32(field::data_sn) != t->next_data_sn++) {
    const scsi::sense s{scsi::sense_key::aborted_command, 0x4b00, {}, {}, false};  // data phase
    answer(t, {scsi::status::check_condition, {}, s});
    return {};
  }
  if (p.head.final()) t->next_data_sn = 0;
  take_in(t, p.data);
  if (p.head.u32(field::target_tag) == no_tag) {
    t->asked = t->received;
    if (p.head.final()) t->unsolicited_open = false;
  } else if (p.head.final()) {
    t->bursts.pop_front();
  }
  advance(t);
  return {};
}

// Asks for more data, or, when all is there, for the storage. What needs room has it by then: so
// what is ready never waits for what stands behind it.
void session::advance(const task_ptr& t) {
  // The end of the data may come in a PDU of its own, when the stream's buffer has gone on.
  if (t->unsolicited_open || t->waits_for_room()) return t->own_data();
  const bool refused = t->what.done && t->what.done->status != scsi::status::good;
  if (t->what.exact_data_out && !refused && t->expected() != t->what.data_out)
    return answer(t, illegal(0x2400));
  if (t->what.done) return answer(t, *t->what.done);
  if (t->what.data_out > 0 && !t->writes()) return answer(t, illegal(0x0e03));
  if (t->received < t->wanted) return ask_for_data(t);
  if (t->wanted < t->what.data_out && t->what.to_do) {
    if (!takes_data_piecewise(t->what.to_do->kind)) return answer(t, illegal(0x0e03));
    const auto block = t->what.to_do->block_bytes;
    t->what.to_do->range.length = t->wanted / block * block;
    t->data = t->data.first(t->what.to_do->range.length);
    if (t->data.empty()) return answer(t, {});
  }
  if (!t->what.to_do && !t->what.may_block)
    return decided(t, unit_->parameters(nexus_, t->cdb, t->data));
  t->now = task::state::waiting;
  enqueue(ready_, t);
}

void session::decided(const task_ptr& t, scsi::decision d) {
  if (t->aborted) {
    // What it preempted is preempted; so whoever waits for this task waits for those that it ends.
    const auto keep = std::make_shared<const decltype(t->awaited)>(std::move(t->awaited));
    if (!d.abort.empty()) around_.abort_nexuses(d.abort, keep);
    return end_aborted(t);
  }
  t->what.done = std::move(d.done);
  t->what.to_do = std::move(d.to_do);
  t->what.data_in = d.data_in;
  t->what.may_block = false;
  if (!d.abort.empty()) {
    t->now = task::state::waiting;
    const auto answer_it = [this, t] {
      if (!t->aborted) answer(t, *t->what.done);
    };
    return around_.abort_nexuses(d.abort, when_dropped(answer_it));
  }
  if (t->what.done) return answer(t, *t->what.done);
  t->now = task::state::waiting;
  enqueue(ready_, t);
}

bool session::has_room(std::size_t more) const {
  const auto there = data_bytes_ + output_.data_bytes();
  return there == 0 || there + more <= limits_.data_bytes_max;
}

void session::ask_for_data(const task_ptr& t) {
  while (t->asked < t->wanted && t->bursts.size() < from_.agreed.max_outstanding_r2t) {
    const auto length = std::min(from_.agreed.max_burst, t->wanted - t->asked);
    const auto tag = next_tag_++ & 0x7fffffff;
    header out(opcode::r2t);
    out.set(field::flags, 0x80, 1).set(field::lun, t->lun, 8).set(field::task_tag, t->tag(), 4);
    out.set(field::target_tag, tag, 4).set(36, t->r2t_sn++, 4);
    out.set(field::buffer_offset, t->asked, 4).set(44, length, 4);
    send(out, stat_sn::shown);
    t->asked += length;
    t->bursts.push_back({tag, t->asked});
  }
}

// In the order in which they came, so that small ones do not starve a large one.
void session::admit_the_waiting() {
  while (!for_room_.empty() && has_room(for_room_.front()->room)) {
    const auto t = std::move(for_room_.front());
    for_room_.pop_front();
    t->admitted = true;
    data_bytes_ += t->room;
    advance(t);
  }
}

// SAM-5 8: an ordered task runs when all that came before it has ended, what came behind it runs
// when it has ended itself, and the head of the queue waits for nobody. Nothing that an ordered
// task waits for can lack room, since that is given in the order of arrival, too.
std::deque<task_ptr>::iterator session::next_to_run() {
  if (ordered_ == 0) return ready_.begin();
  auto first = next_arrival_, first_ordered = next_arrival_;
  for (const auto& [tag, t] : tasks_) {
    first = std::min(first, t->arrival);
    if (t->ordered()) first_ordered = std::min(first_ordered, t->arrival);
  }
  return std::ranges::find_if(ready_, [&](const task_ptr& t) {
    return t->first() || t->arrival == first || (!t->ordered() && t->arrival < first_ordered);
  });
}

void session::own_data() {
  for (const auto& t : ready_) t->own_data();
}

task_ptr session::take_work() {
  admit_the_waiting();
  const auto next = next_to_run();
  if (next == ready_.end()) return nullptr;
  const auto t = *next;
  ready_.erase(next);
  if (t->what.to_do && t->what.to_do->kind == scsi::work_kind::read) t->held = buffer(t->room);
  t->now = task::state::running;
  return t;
}

}  // namespace cairn::iscsi
