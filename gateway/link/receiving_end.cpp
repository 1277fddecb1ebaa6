#include "gateway/link/receiving_end.h"

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "gateway/member/offers.h"

namespace cairn {
namespace {

// A seal arrives only when it is durable at the primary, which therefore never takes it back.
sequence last_seal(journal& log, sequence from) {
  sequence newest = from;
  for (const marker_row& m : log.markers(from)) newest = std::max(newest, m.seal_at);
  return newest;
}

receiver_state state_of(member& owner) {
  journal& log = owner.log();
  const member_state state = log.state();
  receiver_state s;
  s.group = owner.config().group;
  s.member = owner.config().name;
  s.role = state.role;
  s.lineages = state.lineages;
  s.starts = log.starts();
  s.volumes = offers_of(log.volumes());
  s.last = log.assigned();
  s.never_below = last_seal(log, state.target_sequence);
  return s;
}

incarnation maker_of_last(journal& log) {
  const sequence last = log.assigned();
  if (!last || last <= log.trimmed()) return {};
  const auto rows = log.rows(last, last, 1, ~std::uint64_t{0});
  return rows && !rows->empty() ? rows->front().what.made_in : incarnation();
}

// The pure part speaks of arrived records, the journal of received ones; both are views.
std::vector<received_record> for_journal(const std::vector<arrived_record>& all) {
  std::vector<received_record> out;
  out.reserve(all.size());
  for (const arrived_record& one : all) out.push_back({one.what, one.data});
  return out;
}

}  // namespace

std::variant<hello_answer, refusal> receiving_end::on_hello(const hello& greeting) {
  const hello_verdict verdict = judge_hello(greeting, state_of(owner_));
  if (const auto* no = std::get_if<refusal>(&verdict)) {
    // One that was taken over here has no link to tell about.
    if (!connected() && no->code != refusal_code::old_lineage)
      owner_.set_link(link_state::refused, no->reason);
    return *no;
  }
  const result<hello_answer> answer = accept(greeting, std::get<hello_accepted>(verdict));
  if (!answer) {
    if (!connected()) owner_.set_link(link_state::refused, answer.error().text);
    return refusal{refusal_code::blocked, answer.error().text, {}};
  }
  decides_.emplace(greeting, answer->last);
  told_ = decides_->progress({}, {});
  owner_.set_link(link_state::connected, "");
  return *answer;
}

result<hello_answer> receiving_end::accept(const hello& greeting, const hello_accepted& how) {
  journal& log = owner_.log();
  if (const auto failed = log.failure()) return fail(EIO, *failed, error_class::final);
  auto* const side = owner_.arrivals();
  if (!side) return fail(EROFS, std::string("this side is ") + name_of(owner_.role()));
  const sequence had = log.assigned();
  if (how.adopt_volumes) CAIRN_TRY(side->adopt_volumes(greeting.volumes));
  if (how.learn_lineages || how.learn_starts) CAIRN_TRY(side->follow(greeting, how.keep_to));
  CAIRN_TRY(side->keep_peer(greeting));
  CAIRN_TRY(log.sync());
  side->stored_advanced();
  if (how.keep_to < had)
    log_notice("member " + greeting.member + ": " + std::to_string(had.value - how.keep_to.value) +
                   " records that the primary lost at a restart were cut behind record " +
                   std::to_string(how.keep_to.value),
               log_event::none, {owner_.config().group, owner_.config().name, {}});
  return answer(how.version);
}

hello_answer receiving_end::answer(std::uint32_t version) const {
  journal& log = owner_.log();
  const member_state state = log.state();
  hello_answer a;
  a.version = version;
  a.last_made_in = maker_of_last(log);
  a.last = log.assigned();
  a.stored = log.durable();
  a.journal = log.id();
  a.start = log.start_id();
  a.applied = state.target;
  a.applied_sequence = state.target_sequence;
  a.features = own_features;
  return a;
}

void receiving_end::on_lost(const std::string& why) {
  decides_.reset();
  owner_.set_link(link_state::connecting, why);
}

void receiving_end::on_synced() {
  if (auto* const side = owner_.arrivals()) side->stored_advanced();
  if (decides_) decides_->on_stored(owner_.log().durable());
}

std::optional<link_message> receiving_end::on_message(const link_message& m) {
  auto said = last_word(m);
  if (said) decides_.reset();
  return said;
}

std::optional<link_message> receiving_end::last_word(const link_message& m) {
  if (auto no = taken_over()) return no;
  if (const auto* s = std::get_if<stretch>(&m)) return take(*s);
  if (std::holds_alternative<link_heartbeat>(m)) return {};
  owner_.set_link(link_state::refused, "the primary sent a message that it has no use for");
  return refusal{
      refusal_code::protocol, "a message that only a secondary sends, or a second HELLO", {}};
}

// I8: a primary whose connection was there before the takeover is told by its next message, be it
// a heartbeat.
std::optional<link_message> receiving_end::taken_over() const {
  const member_state state = owner_.log().state();
  if (state.role == member_role::secondary) return {};
  owner_.set_link(link_state::disconnected, "this side was taken over and is primary");
  return refusal{refusal_code::old_lineage,
                 "member " + owner_.config().name + " was taken over at the other site",
                 state.lineages};
}

std::optional<link_message> receiving_end::take(const stretch& s) {
  const stretch_verdict verdict = decides_->on_stretch(s);
  if (const auto* damage = std::get_if<link_damage>(&verdict)) {
    owner_.set_link(link_state::connecting, "record " + std::to_string(damage->at.value) +
                                                " arrived damaged: " + damage->what);
    return *damage;
  }
  if (const auto* refused = std::get_if<stretch_refused>(&verdict)) {
    owner_.set_link(link_state::refused, refused->why);
    return refusal{refusal_code::protocol, refused->why, {}};
  }
  const auto records = for_journal(std::get<std::vector<arrived_record>>(verdict));
  if (records.empty()) return {};
  auto* const side = owner_.arrivals();
  if (!side) return taken_over();
  if (auto done = side->append_received(records); !done) {
    owner_.set_link(link_state::refused, "can't store: " + done.error().text);
    return refusal{refusal_code::blocked, done.error().text, {}};
  }
  decides_->on_appended(records.back().what.seq);
  const auto is_seal = [](const received_record& r) { return r.what.kind == record_kind::seal; };
  want_sync_(std::any_of(records.begin(), records.end(), is_seal));
  return {};
}

std::optional<link_progress> receiving_end::tell(bool anyway) {
  const member_state state = owner_.log().state();
  const link_progress now = decides_->progress(state.target, state.target_sequence);
  if (now == told_ && !anyway) return {};
  told_ = now;
  return now;
}

}  // namespace cairn
