#include "gateway/iscsi/scsi/reservations.h"

#include <algorithm>

#include "gateway/iscsi/scsi/sense.h"

namespace cairn::scsi {

std::optional<reservation_type> reservation_type_of(std::uint64_t number) {
  constexpr std::uint64_t known[] = {1, 3, 5, 6, 7, 8};
  if (std::ranges::find(known, number) == std::end(known)) return std::nullopt;
  return static_cast<reservation_type>(number);
}

bool excludes_reads(reservation_type t) {
  return t == reservation_type::exclusive_access ||
         t == reservation_type::exclusive_access_registrants ||
         t == reservation_type::exclusive_access_all;
}

bool admits_registrants(reservation_type t) {
  return t >= reservation_type::write_exclusive_registrants;
}

bool held_by_all(reservation_type t) { return t >= reservation_type::write_exclusive_all; }

const registration* reservations::find(const nexus_port& p) const {
  const auto at = std::ranges::find_if(registered_, [&](const auto& r) { return r.of(p); });
  return at == registered_.end() ? nullptr : &*at;
}

bool reservations::holds(const registration& r) const {
  if (!held_) return false;
  if (held_by_all(held_->type)) return true;
  return r.of(held_->holder.port);
}

bool reservations::allows(access needs, const nexus_port& p) const {
  if (!held_ || needs == access::open || needs == access::attribute) return true;
  const registration* who = find(p);
  if (who && (holds(*who) || admits_registrants(held_->type))) return true;
  if (who && needs == access::registered_read) return true;
  return needs != access::write && !excludes_reads(held_->type);
}

bool reservations::add(const registration& r) {
  // One for all ports takes the place of those for single ports.
  std::erase_if(registered_, [&](const registration& old) {
    return old.port.initiator == r.port.initiator &&
           (r.all_ports || old.all_ports || old.port.target == r.port.target);
  });
  if (registered_.size() >= registrations_max) return false;
  registered_.push_back(r);
  if (held_ && r.of(held_->holder.port)) held_->holder = {held_->holder.port, r.all_ports, r.key};
  return true;
}

bool reservations::split(const nexus_port& p, std::uint16_t ports) {
  const registration* who = find(p);
  if (!who || !who->all_ports) return true;
  if (registered_.size() - 1 + ports > registrations_max) return false;
  const registration whole = *who;
  std::erase(registered_, whole);
  for (std::uint16_t target = 1; target <= ports; ++target)
    registered_.push_back({{p.initiator, target}, false, whole.key});
  if (held_ && whole.of(held_->holder.port)) held_->holder.all_ports = false;
  return true;
}

void reservations::change_key(const nexus_port& p, std::uint64_t key) {
  for (registration& r : registered_)
    if (r.of(p)) r.key = key;
  if (held_ && held_->holder.of(p)) held_->holder.key = key;
}

void reservations::remove(const nexus_port& p, std::vector<notice>& told) {
  const registration* who = find(p);
  if (!who) return;
  const bool was_holder = holds(*who);
  std::erase_if(registered_, [&](const registration& r) { return r.of(p); });
  if (!was_holder || (held_by_all(held_->type) && !registered_.empty())) return;
  if (admits_registrants(held_->type)) tell_others(p, code::reservations_released, told);
  held_.reset();
}

void reservations::reserve(const nexus_port& p, reservation_type t) {
  if (const registration* who = find(p)) held_ = held{t, {p, who->all_ports, who->key}};
}

void reservations::release(const nexus_port& by, std::vector<notice>& told) {
  if (!held_) return;
  if (admits_registrants(held_->type)) tell_others(by, code::reservations_released, told);
  held_.reset();
}

void reservations::clear(const nexus_port& by, std::vector<notice>& told) {
  tell_others(by, code::reservations_preempted, told);
  registered_.clear();
  held_.reset();
}

std::vector<registration> reservations::preempt(const nexus_port* spared,
                                                std::optional<std::uint64_t> key,
                                                std::vector<notice>& told) {
  std::vector<registration> gone;
  for (const registration& r : registered_)
    if (!(spared && r.of(*spared)) && (!key || r.key == *key)) gone.push_back(r);
  for (const registration& r : gone) {
    std::erase(registered_, r);
    told.push_back({r, code::registrations_preempted});
  }
  if (registered_.empty()) held_.reset();  // of all registrants
  return gone;
}

void reservations::move(const nexus_port& to) {
  const registration* heir = find(to);
  if (held_ && heir) held_->holder = *heir;
}

void reservations::tell_others(const nexus_port& by, std::uint16_t code,
                               std::vector<notice>& told) const {
  for (const registration& r : registered_)
    if (!r.of(by)) told.push_back({r, code});
}

}  // namespace cairn::scsi
