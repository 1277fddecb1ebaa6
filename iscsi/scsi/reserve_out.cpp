// PERSISTENT RESERVE OUT: registering, reserving, preempting.
#include <algorithm>

#include "base/big_endian.h"
#include "iscsi/scsi/reserve_commands.h"
#include "iscsi/scsi/sense.h"
#include "iscsi/scsi/transport_id.h"

namespace cairn::scsi {
namespace {

enum class action : std::uint8_t {
  register_key = 0,
  reserve = 1,
  release = 2,
  clear = 3,
  preempt = 4,
  preempt_and_abort = 5,
  register_ignoring_key = 6,
  register_and_move = 7,
};

constexpr std::uint64_t list_bytes_basic = 24, list_bytes_max = 64U << 10;
constexpr std::size_t flags_at = 20, ids_at = 24, ids_length_bytes = 4;

struct request {
  action what;
  std::optional<reservation_type> type;
  std::uint64_t list_bytes = 0;

  explicit request(const cdb& command) {
    const field_reader in(command);
    what = static_cast<action>(in.u8(1) & 0x1f);
    type = reservation_type_of(in.u8(2) & 0x0f);
    list_bytes = in.u32(5);
  }
  bool registers() const {
    return what == action::register_key || what == action::register_ignoring_key;
  }
};

bool needs_type(action a) {
  return a == action::reserve || a == action::release || a == action::preempt ||
         a == action::preempt_and_abort;
}

// One run of a service action; every step answers, or leaves it to the next.
class run {
 public:
  run(const request& asked, byte_view list, const std::string& from, reservations& next)
      : asked_(asked), in_(list), from_(from), next_(next) {
    key_ = in_.u64(0);
    action_key_ = in_.u64(8);
    const auto flags = asked.what == action::register_and_move ? in_.u8(17) : in_.u8(flags_at);
    kept_ = (flags & 0x01) != 0;
    others_ = (flags & 0x08) != 0;
    unregister_ = (flags & 0x02) != 0;
  }

  reserve_out_result take() {
    out_.answered = act();
    if (out_.answered.status != status::good) {
      out_.told.clear();
      out_.aborted.clear();
    }
    return std::move(out_);
  }

 private:
  answer act() {
    if (asked_.registers()) return register_port();
    const registration* me = next_.find(from_);
    if (!me || me->key != key_) return conflict();
    switch (asked_.what) {
      case action::reserve:
        return reserve();
      case action::release:
        return release(*me);
      case action::clear:
        return clear();
      case action::register_and_move:
        return move(*me);
      default:
        return preempt();
    }
  }

  answer register_port() {
    const bool ignore = asked_.what == action::register_ignoring_key;
    const registration* me = next_.find(from_);
    if (!ignore && key_ != (me ? me->key : 0)) return conflict();
    // Who was not registered has nothing to give up, and no say in what is kept.
    if (!me && action_key_ == 0) return {};
    if (others_ && (ignore || me)) return failed(wrong_in_parameters(flags_at));
    const auto more = others_ ? other_ports() : std::vector<std::string>{};
    if (!more) return failed(wrong_in_parameters(ids_at));
    // Nobody's key is changed behind his back.
    const auto registered = [&](const auto& port) { return next_.find(port) != nullptr; };
    if (std::ranges::any_of(*more, registered)) return failed(wrong_in_parameters(ids_at));
    const auto add = [&](const auto& port) { return next_.add({port, action_key_}); };
    if (action_key_ == 0)
      next_.remove(from_, out_.told);
    else if (!add(from_) || !std::ranges::all_of(*more, add))
      return failed(illegal(code::no_registration_left));
    next_.keep(kept_);
    next_.count_generation();
    return {};
  }

  // The ports of SPEC_I_PT's TransportIDs.
  std::optional<std::vector<std::string>> other_ports() const {
    const std::uint64_t length = in_.u32(ids_at);
    auto list = in_.view(ids_at + ids_length_bytes, length);
    if (in_.fell_short()) return std::nullopt;
    std::vector<std::string> ports;
    while (!list.empty()) {
      const auto id = read_transport_id(list);
      if (!id || ports.size() >= reservations::registrations_max) return std::nullopt;
      ports.push_back(id->initiator_port);
      list = list.subspan(id->length);
    }
    return ports;
  }

  answer reserve() {
    const registration* me = next_.find(from_);
    if (const auto& held = next_.reservation())
      return next_.holds(*me) && held->type == *asked_.type ? answer{} : conflict();
    next_.reserve(from_, *asked_.type);
    return {};
  }

  answer release(const registration& me) {
    const auto& held = next_.reservation();
    if (!held || !next_.holds(me)) return {};
    if (held->type != *asked_.type) return failed(illegal(code::invalid_release));
    next_.release(from_, out_.told);
    return {};
  }

  answer clear() {
    next_.clear(from_, out_.told);
    next_.count_generation();
    return {};
  }

  // Key 0 means all others, where all registrants hold the reservation. Who preempts registrations
  // only loses its own, too, if it has that key (SPC-4 5.13.11.2.5).
  answer preempt() {
    const auto held = next_.reservation();
    const bool all = held && held_by_all(held->type);
    if (action_key_ == 0 && !all) return failed(wrong_in_parameters(8));
    const bool takes = held && next_.holders_key() == action_key_;
    const auto key = action_key_ == 0 ? std::nullopt : std::optional(action_key_);
    auto gone = next_.preempt(takes ? &from_ : nullptr, key, out_.told);
    if (gone.empty() && !takes) return conflict();
    if (takes) take_over(*held);
    next_.count_generation();
    if (asked_.what == action::preempt_and_abort) out_.aborted = std::move(gone);
    return {};
  }

  void take_over(const reservations::held& before) {
    next_.reserve(from_, *asked_.type);
    if (before.type != *asked_.type)
      next_.tell_others(from_, code::reservations_released, out_.told);
  }

  answer move(const registration& me) {
    const auto& held = next_.reservation();
    if (!held) return failed(wrong_in_cdb(1));
    if (held_by_all(held->type) || !next_.holds(me)) return conflict();
    if (action_key_ == 0) return failed(wrong_in_parameters(8));
    if (in_.u16(18) != target_port) return failed(wrong_in_parameters(18));
    const auto id = read_transport_id(in_.view(ids_at, in_.u32(20)));
    if (in_.fell_short() || !id) return failed(wrong_in_parameters(ids_at));
    const std::string& heir = id->initiator_port;
    if (heir == from_) return failed(wrong_in_parameters(ids_at));
    if (!next_.add({heir, action_key_})) return failed(illegal(code::no_registration_left));
    next_.reserve(heir, held->type);
    if (unregister_) next_.remove(from_, out_.told);
    next_.keep(kept_);
    next_.count_generation();
    return {};
  }

  const request& asked_;
  const field_reader in_;
  const std::string& from_;
  reservations& next_;
  std::uint64_t key_ = 0, action_key_ = 0;
  bool kept_ = false, others_ = false, unregister_ = false;
  reserve_out_result out_;
};

}  // namespace

decision begin_reserve_out(const cdb& command) {
  const request asked(command);
  constexpr std::uint8_t scope_mask = 0xf0;
  if (needs_type(asked.what)) {
    if ((field_reader(command).u8(2) & scope_mask) != 0 || !asked.type) return refused_cdb(2);
  }
  if (asked.list_bytes < list_bytes_basic || asked.list_bytes > list_bytes_max)
    return refused(illegal(code::list_length));
  decision d;
  d.data_out = asked.list_bytes;
  d.may_block = true;
  return d;
}

reserve_out_result reserve_out(const cdb& command, byte_view list, const std::string& from,
                               reservations& next) {
  const request asked(command);
  const auto refuse = [](const sense& why) { return reserve_out_result{failed(why), {}, {}}; };
  if (needs_type(asked.what) && !asked.type) return refuse(wrong_in_cdb(2));
  if (list.size() < list_bytes_basic || list.size() < asked.list_bytes)
    return refuse(illegal(code::list_length));
  constexpr std::uint8_t specifies_others = 0x08;
  const bool others = (field_reader(list).u8(flags_at) & specifies_others) != 0;
  const bool longer =
      asked.what == action::register_and_move || (asked.what == action::register_key && others);
  if (!longer && asked.list_bytes != list_bytes_basic) return refuse(illegal(code::list_length));
  return run(asked, list.first(asked.list_bytes), from, next).take();
}

}  // namespace cairn::scsi
