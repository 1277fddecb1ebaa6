// The full feature phase of one session with its one connection (RFC 7143, error recovery level 0):
// PDUs go in, PDUs come out, and between them tasks for the storage. No I/O, no clock, no threads;
// the driver's lock guards it.
//
//   on_pdu ─► command window ─► task ─► room ─► collecting (unsolicited, R2T) ─► take_work
//                                                                  finished ─► response, window
//
// Bounds: commands by the window, PDUs without a task by `pdus_max` of the output (the driver then
// stops reading), data in memory by data_bytes_max: what is asked for or read waits for room in the
// order of arrival, and one is always let through. Room comes back when a task ends and when output
// is sent.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "iscsi/discovery.h"
#include "iscsi/output_queue.h"
#include "iscsi/pdu_stream.h"
#include "iscsi/task.h"

namespace cairn::iscsi {

// What happens beyond this session. All are called under the driver's lock of this session and must
// not come back into it.
struct session_surroundings {
  // Aborts the tasks of all other sessions of this target; `keep` is dropped when they are gone.
  std::function<void(std::shared_ptr<const void> keep)> abort_others;
  // The same for the tasks of some of them (PREEMPT AND ABORT).
  std::function<void(const std::vector<scsi::nexus_id>& of, std::shared_ptr<const void> keep)>
      abort_nexuses;
  // Something for this session to do under its lock, later: calls f.
  std::function<void(std::function<void()> f)> later;
  // Answers a whole text request (RFC 7143 11.10); an error rejects it.
  std::function<result<text_answer>(byte_view text)> answer_text;
  // COLD RESET: every connection of the target ends.
  std::function<void()> reset_target;
};

struct session_limits {
  std::uint32_t commands_max = 128;  // that the initiator may have under way
  std::size_t data_bytes_max = 32U << 20;
  std::size_t pdus_max = 1024;
  std::size_t text_bytes_max = 64U << 10;
};

struct session_start {
  session_identity who;
  session_parameters agreed;
  std::uint32_t exp_cmd_sn = 0;
  std::uint32_t stat_sn = 0;
};

class session {
 public:
  // `unit` is null in a discovery session.
  session(session_start from, scsi::device* unit, scsi::nexus_id nexus, session_surroundings around,
          session_limits limits = {});

  // An error ends the connection; the output is sent first.
  result<void> on_pdu(const pdu& p);
  // A stream error of the digests: Reject, then the connection ends.
  void on_data_digest_error(const header& h);
  // Where the data of this PDU belongs; empty: nowhere in particular.
  pdu_stream::place place(const header& h);

  // The next task for the storage, with what it needs in `what` and `data`; null: none now.
  task_ptr take_work();
  // The stream's buffer goes on: what waits keeps its data elsewhere.
  void own_data();
  // The data of a running read lies in `held`.
  void finished(const task_ptr& t, const scsi::work_outcome& outcome);
  // parameters() of the device may block: the driver calls it and brings the decision.
  void decided(const task_ptr& t, scsi::decision d);

  // Aborts all tasks of this session; `keep` is dropped when the last one is gone. Its initiator is
  // told (TASK ABORTED, as the control mode page promises with TAS) where another nexus asked for
  // it, and not where it did so itself or the session ends.
  enum class by { own, other };
  void abort_all(std::shared_ptr<const void> keep, by whom = by::own);

  // The driver saw nothing for a while; false: the last ping was not answered.
  bool ping();
  // AsyncEvent 1: the target asks for logout (RFC 7143 11.9).
  void ask_for_logout();
  output_queue& output() { return output_; }
  bool wants_input() const {
    // Data-In keeps to the same bound by itself; echoes of NOP-Out do here.
    const auto data_max = unit_ ? limits_.data_bytes_max : limits_.text_bytes_max;
    return listens_ && output_.pdus() < limits_.pdus_max && output_.data_bytes() <= data_max;
  }
  bool closing() const { return closing_; }  // when the output is sent
  std::size_t tasks() const { return tasks_.size(); }
  const session_identity& who() const { return from_.who; }
  scsi::device* unit() const { return unit_; }
  scsi::nexus_id nexus() const { return nexus_; }

 private:
  // session.cpp: what every PDU has in common
  result<bool> in_order(const header& h);
  // Numbers it (StatSN, ExpCmdSN, MaxCmdSN) and sends it.
  enum class stat_sn { advances, shown, absent };
  void send(header h, stat_sn how, byte_view data = {}, std::shared_ptr<const void> keep = {});
  void send(header h, stat_sn how, bytes data);
  void reject(const header& h, std::uint8_t reason);
  result<void> dispatch(const pdu& p);
  result<void> on_nop(const pdu& p);
  result<void> on_text(const pdu& p);
  void send_text(const header& to);
  void on_logout(const header& h);
  std::uint32_t max_cmd_sn() const;

  // session_data.cpp: commands and their data
  result<void> on_command(const pdu& p);
  result<void> check_unsolicited(const pdu& p) const;
  result<void> on_data_out(const pdu& p);
  result<void> check_data_out(const task& t, const pdu& p) const;
  void take_in(const task_ptr& t, byte_view data);
  void ask_for_data(const task_ptr& t);
  void admit_the_waiting();
  bool has_room(std::size_t more) const;
  void advance(const task_ptr& t);
  std::deque<task_ptr>::iterator next_to_run();

  // session_answer.cpp: what goes back
  void answer(const task_ptr& t, const scsi::answer& a, byte_view data,
              const std::shared_ptr<const void>& keep);
  void answer(const task_ptr& t, const scsi::answer& a);
  void send_status(const task& t, const scsi::answer& a, std::uint32_t data_pdus);
  void end(const task_ptr& t);
  void end_aborted(const task_ptr& t);
  void leave_window(task& t);

  // session_tasks.cpp: task management
  void on_task_request(const header& h);
  void abort(const task_ptr& t, const std::shared_ptr<const void>& keep, by whom = by::own);
  std::shared_ptr<const void> when_dropped(std::function<void()> f);
  std::shared_ptr<const void> respond_later(const header& h, std::uint8_t code);
  void respond(const header& h, std::uint8_t code);

  session_start from_;
  scsi::device* const unit_;
  const scsi::nexus_id nexus_;
  const session_surroundings around_;
  const session_limits limits_;

  output_queue output_;
  std::uint32_t exp_cmd_sn_;
  std::uint32_t stat_sn_;
  std::uint32_t next_tag_ = 1;               // target transfer tags of ours
  std::uint32_t commands_ = 0;               // under way that the window counts
  std::map<std::uint32_t, task_ptr> tasks_;  // by initiator task tag
  std::uint64_t next_arrival_ = 1;
  std::uint32_t ordered_ = 0;      // of tasks_
  std::deque<task_ptr> ready_;     // for take_work; what needs room has it
  std::deque<task_ptr> for_room_;  // in order of arrival
  std::size_t data_bytes_ = 0;     // the room of the tasks that are admitted
  bytes text_in_, text_out_;       // of a text exchange under way
  bool ping_unanswered_ = false;
  bool listens_ = true;   // until a logout, or an error that ends the connection
  bool closing_ = false;  // it listens no more, and nothing is awaited before the end
};

}  // namespace cairn::iscsi
