// What happens to the unit beside commands: nexuses that come and go, resets, growth; and how the
// storage's errors become sense data.
#include <cerrno>

#include "iscsi/scsi/sense.h"
#include "iscsi/scsi/space_commands.h"
#include "iscsi/scsi/unit.h"

namespace cairn::scsi {
namespace {

sense sense_of(sense_key key, std::uint16_t code) {
  sense s;
  s.key = key;
  s.code = code;
  return s;
}

sense of_error(int error, bool writes) {
  switch (error) {
    case EIO:
      return sense_of(sense_key::medium_error, writes ? code::write_error : code::read_error);
    case ENOSPC:
      return sense_of(sense_key::data_protect, code::space_exhausted);
    case EROFS:
      return sense_of(sense_key::data_protect, code::write_protected);
    case EAGAIN:
    case ESHUTDOWN:
      return sense_of(sense_key::not_ready, code::becoming_ready);
    default:
      return sense_of(sense_key::hardware_error, code::internal_failure);
  }
}

sense of_miscompare(std::uint64_t at) {
  sense s = sense_of(sense_key::miscompare, code::miscompare);
  s.information = static_cast<std::uint32_t>(at);  // at most transfer_bytes_max
  return s;
}

bool flushes(operation what) {
  return what == operation::synchronize_cache || what == operation::start_stop;
}

}  // namespace

result<std::unique_ptr<device>> device::open(device_identity identity, reservation_store& store) {
  const auto block = identity.block_bytes;
  if ((block != 512 && block != 4096) || identity.size_bytes < block ||
      identity.size_bytes % block != 0)
    return fail(EINVAL, "a volume's size must be a number of blocks of 512 or 4096 bytes");
  const auto image = store.load();
  if (!image) return fail(image.error());
  auto kept = reservations::from_image(*image);
  if (!kept) return fail(std::move(kept).error());
  return std::make_unique<logical_unit>(std::move(identity), store, std::move(*kept));
}

logical_unit::logical_unit(device_identity identity, reservation_store& store, reservations kept)
    : identity_(std::move(identity)), store_(store) {
  inner_.with([&](state& s) {
    s.volume = {identity_.size_bytes, identity_.block_bytes};
    s.persistent = std::move(kept);
  });
}

nexus_id logical_unit::attach(const std::string& initiator_port) {
  return inner_.with([&](state& s) {
    nexus n{initiator_port, {}};
    n.pending.add(code::power_on);
    s.nexuses.emplace(++s.last, std::move(n));
    return s.last;
  });
}

void logical_unit::detach(nexus_id n) {
  inner_.with([&](state& s) {
    s.nexuses.erase(n);
    if (s.reserved_by == n) s.reserved_by.reset();
  });
}

answer logical_unit::finish(nexus_id, const cdb& command, const work_outcome& outcome) {
  const auto found = find_form(command);
  if (!found.form) return failed(illegal(code::invalid_opcode));
  const auto what = found.form->what;
  if (outcome.error != 0) return failed(of_error(outcome.error, modifies(what) || flushes(what)));
  if (outcome.miscompare_at) return failed(of_miscompare(*outcome.miscompare_at));
  if (what != operation::lba_status) return {};
  return inner_.with([&](state& s) { return lba_status(command, outcome, s.volume); });
}

void logical_unit::reset_unit() {
  inner_.with([](state& s) {
    s.pages.reset();
    s.reserved_by.reset();
    s.tell_all(code::unit_reset);
  });
}

void logical_unit::resized(std::uint64_t size_bytes) {
  inner_.with([&](state& s) {
    if (s.volume.size_bytes == size_bytes) return;
    s.volume.size_bytes = size_bytes;
    s.tell_all(code::capacity_changed);
  });
}

std::uint64_t logical_unit::size_bytes() const {
  return inner_.with([](const state& s) { return s.volume.size_bytes; });
}

void logical_unit::state::tell_all(std::uint16_t code) {
  for (auto& [id, n] : nexuses) n.pending.add(code);
}

void logical_unit::state::tell_others(nexus_id but, std::uint16_t code) {
  for (auto& [id, n] : nexuses)
    if (id != but) n.pending.add(code);
}

std::vector<nexus_id> logical_unit::state::of(const std::string& port) const {
  std::vector<nexus_id> found;
  for (const auto& [id, n] : nexuses)
    if (n.port == port) found.push_back(id);
  return found;
}

}  // namespace cairn::scsi
