#include "iscsi/scsi/unit.h"

#include <cerrno>

#include "base/big_endian.h"
#include "iscsi/scsi/block_commands.h"
#include "iscsi/scsi/capacity.h"
#include "iscsi/scsi/inquiry.h"
#include "iscsi/scsi/reserve_commands.h"
#include "iscsi/scsi/sense.h"
#include "iscsi/scsi/space_commands.h"
#include "iscsi/scsi/supported.h"

namespace cairn::scsi {
namespace {

decision request_sense(const cdb& command, const sense& s) {
  const field_reader in(command);
  const bool descriptors = in.bit(1, 0);
  return done(answered(descriptors ? encode_descriptors(s) : encode(s), in.u8(4)));
}

// START STOP UNIT starts nothing; what a stop promises is that nothing is lost.
decision start_stop(bool start, const geometry& volume) {
  if (start) return good();
  decision d;
  d.to_do.emplace();
  d.to_do->kind = work_kind::flush;
  d.to_do->range = {0, volume.size_bytes};
  d.to_do->block_bytes = volume.block_bytes;
  return d;
}

bool starts(const cdb& command) { return field_reader(command).bit(4, 0); }

access needed(const command_form& form, const cdb& command) {
  return form.what == operation::start_stop && starts(command) ? access::attribute : form.needs;
}

// Answered even while a unit attention is pending, which stays so (SAM-5 5.14).
bool ignores_attentions(operation what) {
  return what == operation::inquiry || what == operation::report_luns ||
         what == operation::request_sense;
}

// The nexus ended while its command was on its way.
decision gone() {
  answer a;
  a.status = status::task_aborted;
  return done(a);
}

bool reserves_persistently(operation what) {
  return what == operation::persistent_reserve_in || what == operation::persistent_reserve_out;
}

decision announced(std::uint64_t list_bytes) {
  if (list_bytes == 0) return good();
  decision d;
  d.data_out = list_bytes;
  return d;
}

}  // namespace

decision logical_unit::begin(nexus_id from, std::uint64_t lun, const cdb& command) {
  return inner_.with([&](state& s) {
    const auto by = s.nexuses.find(from);
    if (by == s.nexuses.end()) return gone();
    return lun == 0 ? check({s, from, by->second, command}) : absent(command);
  });
}

// What a LUN that is not there answers.
decision logical_unit::absent(const cdb& command) const {
  const auto found = find_form(command);
  if (!found.form) return refused(illegal(code::no_such_unit));
  if (const auto byte = unused_bits(*found.form, command)) return refused_cdb(*byte);
  switch (found.form->what) {
    case operation::inquiry:
      return absent_inquiry(command, identity_);
    case operation::report_luns:
      return report_luns(command);
    case operation::request_sense:
      return request_sense(command, illegal(code::no_such_unit));
    default:
      return refused(illegal(code::no_such_unit));
  }
}

// Everything that can stop a command before it is looked at more closely.
decision logical_unit::check(const asked& a) const {
  const auto found = find_form(a.command);
  if (!found.form || !ignores_attentions(found.form->what)) {
    if (const auto attention = a.by.pending.take()) return refused(*attention);
  }
  if (!found.form)
    return found.opcode_known ? refused_cdb(1) : refused(illegal(code::invalid_opcode));
  const command_form& form = *found.form;
  if (const auto byte = unused_bits(form, a.command)) return refused_cdb(*byte);
  const access needs = needed(form, a.command);
  const auto& owner = a.unit.reserved_by;
  // RESERVE(6) keeps persistent reservations from everybody, its holder included (SPC-2 5.5.1).
  const bool shut_out = owner && (*owner != a.from || reserves_persistently(form.what));
  if (shut_out && needs != access::open) return done(conflict());
  if (!a.unit.persistent.allows(needs, a.by.port)) return done(conflict());
  if (modifies(form.what) && a.unit.pages.write_protected()) {
    sense s;
    s.key = sense_key::data_protect;
    s.code = code::software_write_protected;
    return refused(s);
  }
  return dispatch(a, form);
}

decision logical_unit::dispatch(const asked& a, const command_form& form) const {
  switch (form.what) {
    case operation::test_unit_ready:
      return good();
    case operation::request_sense:
      return request_sense(a.command, a.by.pending.take().value_or(sense{}));
    case operation::inquiry:
      return inquiry(a.command, identity_, a.unit.volume);
    case operation::report_luns:
      return report_luns(a.command);
    case operation::mode_sense:
      return a.unit.pages.report(a.command, a.unit.volume);
    case operation::mode_select:
      return announced(mode_pages::list_bytes(a.command));
    case operation::reserve:
      return reserve_or_release(a, true);
    case operation::release:
      return reserve_or_release(a, false);
    case operation::persistent_reserve_in:
      return persistent_reserve_in(a.command, a.unit.persistent);
    case operation::persistent_reserve_out:
      return begin_reserve_out(a.command);
    case operation::supported_opcodes:
      return supported_opcodes(a.command);
    case operation::supported_task_management:
      return supported_task_management(a.command);
    case operation::target_port_groups:
      return target_port_groups(a.command);
    default:
      return dispatch_block(a, form);
  }
}

// Not beside persistent reservations (SPC-2 5.5.1), nor beside one that is about to be.
decision logical_unit::reserve_or_release(const asked& a, bool reserve) const {
  if (!a.unit.persistent.registered().empty()) return done(conflict());
  if (reserve && a.unit.changing) return done(conflict());
  if (reserve)
    a.unit.reserved_by = a.from;
  else if (a.unit.reserved_by == a.from)
    a.unit.reserved_by.reset();
  return good();
}

decision logical_unit::dispatch_block(const asked& a, const command_form& form) const {
  const geometry& volume = a.unit.volume;
  switch (form.what) {
    case operation::read_capacity_10:
      return read_capacity_10(a.command, volume);
    case operation::read_capacity_16:
      return read_capacity_16(a.command, volume);
    case operation::start_stop:
      return start_stop(starts(a.command), volume);
    case operation::unmap:
      return begin_unmap(a.command);
    case operation::write_same:
      return begin_write_same(a.command, volume);
    case operation::lba_status:
      return begin_lba_status(a.command, volume);
    default:
      return block_command(form, a.command, volume);
  }
}

decision logical_unit::parameters(nexus_id from, const cdb& command, byte_view data) {
  const auto found = find_form(command);
  if (!found.form) return refused(illegal(code::invalid_opcode));
  if (found.form->what == operation::persistent_reserve_out)
    return change_reservations(from, command, data);
  return inner_.with([&](state& s) {
    switch (found.form->what) {
      case operation::mode_select:
        return select_pages(s, from, command, data);
      case operation::unmap:
        return unmap(command, data, s.volume);
      case operation::write_same:
        return write_same(command, data, s.volume);
      default:
        return refused(illegal(code::invalid_field));
    }
  });
}

decision logical_unit::select_pages(state& s, nexus_id from, const cdb& command, byte_view list) {
  auto selected = s.pages.select(command, list, s.volume);
  if (selected.changed) s.tell_others(from, code::mode_changed);
  return std::move(selected.answered);
}

decision logical_unit::change_reservations(nexus_id from, const cdb& command, byte_view list) {
  const std::lock_guard one_at_a_time(changing_);
  std::optional<std::string> by;
  reservations before;
  const bool open = inner_.with([&](state& s) {
    const auto at = s.nexuses.find(from);
    if (at != s.nexuses.end()) by = at->second.port;
    before = s.persistent;
    s.changing = !s.reserved_by;
    return s.changing;
  });
  // RESERVE(6) may have come since the command was looked at.
  if (!open) return done(conflict());
  auto d = by ? change_and_store(from, command, list, *by, before) : gone();
  inner_.with([](state& s) { s.changing = false; });
  return d;
}

decision logical_unit::change_and_store(nexus_id from, const cdb& command, byte_view list,
                                        const std::string& by, const reservations& before) {
  auto next = before;
  auto outcome = reserve_out(command, list, by, next);
  if (outcome.answered.status != status::good) return done(std::move(outcome.answered));
  if (!store(before, next)) {
    sense s;
    s.key = sense_key::hardware_error;
    s.code = code::internal_failure;
    return refused(s);
  }
  return inner_.with([&](state& s) {
    s.persistent = std::move(next);
    return tell(s, from, outcome);
  });
}

// Who asked is told by the answer alone, and that must not be among what is aborted.
decision logical_unit::tell(state& s, nexus_id asked_by, const reserve_out_result& outcome) {
  for (const notice& n : outcome.told)
    for (const nexus_id to : s.of(n.to))
      if (to != asked_by) s.nexuses.at(to).pending.add(n.code);
  decision d = good();
  for (const std::string& port : outcome.aborted)
    for (const nexus_id n : s.of(port))
      if (n != asked_by) d.abort.push_back(n);
  return d;
}

result<void> logical_unit::store(const reservations& before, const reservations& next) {
  if (!before.kept() && !next.kept()) return {};
  const bytes image = next.kept() ? next.image() : bytes{};
  if (before.kept() && image == before.image()) return {};
  return store_.save(image);
}

}  // namespace cairn::scsi
