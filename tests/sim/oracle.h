// What must be true, checked from outside: the simulator's judge (FAULTS.md, F0).
//
// It sees what hosts ask and get, what a primary writes into its segments (header by header), what
// recoveries find and what markers are used. From these it knows what every read must return and
// what every image must be. Gateways are numbered: 0 … members-1 at the first site, the secondary
// of member m is members + m.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "journal/journal.h"
#include "replication/control_messages.h"
#include "tests/sim/journal_model.h"
#include "tests/sim/operation.h"
#include "tests/sim/world.h"

namespace cairn {
class member;
}

namespace cairn::sim {

class oracle {
 public:
  oracle(world& w, std::size_t members, std::vector<std::uint64_t> volume_bytes);

  // ---- hosts
  // A new operation, about to be handed to the gateway; the next record that fits is its.
  operation& begin(const op_set& known, std::size_t gateway, std::size_t volume, record_kind kind,
                   byte_range range);
  bool room() const { return ops_.size() < ops_max; }
  void acknowledged(op_id op, bool fua);
  // What a FLUSH that begins now covers, and that it was acknowledged.
  std::vector<op_id> acknowledged_at(std::size_t gateway) const;
  void flushed(const std::vector<op_id>& covered);
  void refused(op_id op);
  // Whether a gateway's disk has refused something, so that it may refuse, too.
  std::function<bool(std::size_t gateway)> hurt;
  std::function<bool(std::size_t gateway)> rotten;
  // What a host knows once the operation was acknowledged to it.
  op_set knowledge_of(op_id op) const { return op_set(ops_[op].after).set(op); }
  // Checks bytes that a host read; returns what the host knows by them.
  op_set read(std::size_t gateway, member& core, std::size_t volume, std::uint64_t offset,
              byte_view got) const;

  // ---- what a primary's disk sees
  void record_begins(std::size_t gateway, byte_view header, byte_view data);

  // ---- processes
  void died(std::size_t gateway, bool power);
  // After a start as primary: what is found, and what is gone.
  void recovered(std::size_t gateway, member& core);
  // Its disk holds again what it did when the journal was like this.
  void put_back(std::size_t gateway, const journal_model& log);
  void promoted(std::size_t gateway, const promotion& p, member& core);
  bool has_own_journal(std::size_t gateway) const { return own_[gateway]; }

  // ---- markers
  void seal_told(std::size_t gateway, marker_id m) { told_[gateway].insert(m); }
  // The marker is usable by the rule, or was chosen: it must be a consistent cut (I4, F0).
  void check_cut(marker_id m);
  // The same of one that was sealed where it was taken over.
  void check_new_cut(marker_id m) const { check_cut_of(m, members_); }
  bool taken_over() const { return promotion_.has_value(); }
  // A secondary's answer to REPORT; a marker that all have reported is usable from then on.
  void reported_by(std::size_t gateway, const std::vector<stored_marker>& markers);
  // Every volume of the gateway, byte for byte.
  void check_volumes(std::size_t gateway, member& core) const;
  // I7 within one gateway.
  void check_watermarks(std::size_t gateway, member& core) const;
  const journal_model& journal_of(std::size_t gateway) const { return journals_[source(gateway)]; }

 private:
  std::size_t source(std::size_t gateway) const {
    return own_[gateway] ? gateway : gateway - members_;
  }
  const operation& op(op_id id) const { return ops_[id]; }
  void take(std::size_t gateway, sequence seq, const journal_entry& e);
  void lose(std::size_t gateway, sequence seq);
  void match(std::size_t gateway, const row& found);
  void show_all(std::size_t gateway);
  void check_cut_of(marker_id m, std::size_t first_gateway) const;
  op_id unsure_at(std::size_t gateway, std::size_t volume, std::uint64_t sector, sequence behind,
                  byte_view got) const;
  image prefix_image(const journal_model& log, std::size_t volume, sequence upto) const;
  bool shows(const journal_model& log, const member_state& s) const;
  const journal_model& history_of(std::size_t gateway, member& core) const;
  const journal_model& sealing(std::size_t gateway, marker_id m) const;
  image expected(std::size_t gateway, member& core, std::size_t volume) const;
  std::string say(op_id id) const;

  world& world_;
  const std::size_t members_;
  const std::vector<std::uint64_t> volume_bytes_;  // the same at every member
  std::vector<operation> ops_;                     // by id; [0] is nobody
  op_id expecting_ = 0;
  std::vector<op_id> unsure_;  // refused, but their records are there: readable or not
  std::vector<journal_model> journals_;
  // What they were when they were put back: a peer may show that history for good.
  std::vector<std::vector<journal_model>> given_up_;
  std::vector<std::vector<image>> visible_;    // by gateway with a journal of its own, by volume
  std::vector<bool> own_;                      // writes a journal of its own: primary or promoted
  std::vector<bool> power_lost_;               // since its last recovery
  std::vector<std::set<marker_id>> told_;      // seals that it called durable
  std::vector<std::set<marker_id>> reported_;  // by member
  std::set<marker_id> checked_;
  std::optional<promotion> promotion_;  // the first one; all must be at the same marker
};

}  // namespace cairn::sim
