#include "iscsi/scsi/reservations.h"

#include <algorithm>

#include "iscsi/scsi/sense.h"

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

const registration* reservations::find(const std::string& port) const {
  const auto at = std::ranges::find(registered_, port, &registration::port);
  return at == registered_.end() ? nullptr : &*at;
}

bool reservations::holds(const registration& r) const {
  return held_ && (held_by_all(held_->type) || r.port == held_->holder);
}

std::uint64_t reservations::holders_key() const {
  if (!held_ || held_by_all(held_->type)) return 0;
  return find(held_->holder)->key;
}

bool reservations::allows(access needs, const std::string& port) const {
  if (!held_ || needs == access::open || needs == access::attribute) return true;
  const registration* who = find(port);
  if (who && (holds(*who) || admits_registrants(held_->type))) return true;
  if (who && needs == access::registered_read) return true;
  return needs != access::write && !excludes_reads(held_->type);
}

bool reservations::add(const registration& r) {
  const auto at = std::ranges::find(registered_, r.port, &registration::port);
  if (at != registered_.end()) {
    at->key = r.key;
    return true;
  }
  if (registered_.size() >= registrations_max) return false;
  registered_.push_back(r);
  return true;
}

void reservations::remove(const std::string& port, std::vector<notice>& told) {
  const registration* who = find(port);
  if (!who) return;
  const bool was_holder = holds(*who);
  std::erase(registered_, registration(*who));
  if (!was_holder || (held_by_all(held_->type) && !registered_.empty())) return;
  if (admits_registrants(held_->type)) tell_others(port, code::reservations_released, told);
  held_.reset();
}

void reservations::reserve(const std::string& port, reservation_type t) { held_ = held{t, port}; }

void reservations::release(const std::string& by, std::vector<notice>& told) {
  if (!held_) return;
  if (admits_registrants(held_->type)) tell_others(by, code::reservations_released, told);
  held_.reset();
}

void reservations::clear(const std::string& by, std::vector<notice>& told) {
  tell_others(by, code::reservations_preempted, told);
  registered_.clear();
  held_.reset();
}

std::vector<std::string> reservations::preempt(const std::string* spared,
                                               std::optional<std::uint64_t> key,
                                               std::vector<notice>& told) {
  std::vector<std::string> gone;
  for (const registration& r : registered_)
    if (!(spared && r.port == *spared) && (!key || r.key == *key)) gone.push_back(r.port);
  for (const std::string& port : gone) {
    std::erase_if(registered_, [&](const registration& r) { return r.port == port; });
    told.push_back({port, code::registrations_preempted});
  }
  if (registered_.empty()) held_.reset();  // of all registrants
  return gone;
}

void reservations::tell_others(const std::string& by, std::uint16_t code,
                               std::vector<notice>& told) const {
  for (const registration& r : registered_)
    if (r.port != by) told.push_back({r.port, code});
}

}  // namespace cairn::scsi
