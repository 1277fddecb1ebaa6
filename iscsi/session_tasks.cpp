// Task management (RFC 7143 11.5, SAM-5 7). A function is answered when the tasks that it ended are
// gone: nothing of them reaches the volume behind the answer.
#include "iscsi/session.h"

namespace cairn::iscsi {
namespace {

enum function : std::uint8_t {
  abort_task = 1,
  abort_task_set = 2,
  clear_aca = 3,
  clear_task_set = 4,
  unit_reset = 5,
  warm_reset = 6,
  cold_reset = 7,
  reassign = 8,
};

enum outcome : std::uint8_t {
  complete = 0,
  no_task = 1,
  no_unit = 2,
  no_reassignment = 4,
  not_supported = 5,
};

bool names_a_unit(std::uint8_t f) { return f != warm_reset && f != cold_reset && f != reassign; }

}  // namespace

void session::respond(const header& h, std::uint8_t code) {
  header out(opcode::task_response);
  out.set(field::flags, 0x80, 1).set(2, code, 1).set(field::task_tag, h.task_tag(), 4);
  send(out, stat_sn::advances);
}

// f runs when the last copy of what is returned is dropped, by whichever session.
std::shared_ptr<const void> session::when_dropped(std::function<void()> f) {
  return {static_cast<const void*>(this),
          [later = around_.later, f = std::move(f)](const void*) { later(f); }};
}

std::shared_ptr<const void> session::respond_later(const header& h, std::uint8_t code) {
  return when_dropped([this, h, code] { respond(h, code); });
}

// A task at the storage ends when that is done with it, and `keep` is kept so long: by whoever
// aborts it first, and by all who do it again.
void session::abort(const task_ptr& t, const std::shared_ptr<const void>& keep, by whom) {
  if (t->now == task::state::ended) return;
  // Its initiator's own function, if there was one before, has promised silence.
  t->told = whom == by::other && (t->told || !t->aborted);
  t->aborted = true;
  if (t->now == task::state::running) {
    if (keep) t->awaited.push_back(keep);
    return;
  }
  std::erase(ready_, t);
  end_aborted(t);
}

void session::abort_all(std::shared_ptr<const void> keep, by whom) {
  std::vector<task_ptr> all;
  for (const auto& [tag, t] : tasks_) all.push_back(t);
  for (const auto& t : all) abort(t, keep, whom);
}

void session::on_task_request(const header& h) {
  const std::uint8_t f = h.flags() & 0x7f;
  if (names_a_unit(f) && h.number(field::lun, 8) != 0) return respond(h, no_unit);
  switch (f) {
    case abort_task: {
      const auto found = tasks_.find(h.u32(20));
      if (found == tasks_.end()) return respond(h, no_task);
      abort(found->second, respond_later(h, complete));
      return;
    }
    case abort_task_set:
      return abort_all(respond_later(h, complete));
    case clear_task_set:
    case unit_reset:
    case warm_reset:
    case cold_reset: {
      const auto keep = when_dropped([this, h, f] {
        respond(h, complete);
        if (f == cold_reset) around_.reset_target();
      });
      abort_all(keep);
      around_.abort_others(keep);
      if (f != clear_task_set) unit_->reset_unit();  // with TAS the status tells it
      return;
    }
    case reassign:
      return respond(h, no_reassignment);
    default:
      return respond(h, not_supported);
  }
}

}  // namespace cairn::iscsi
