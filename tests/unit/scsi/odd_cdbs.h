// Runs CDBs with any content through a device, and says which promise one broke. For the unit test
// and for the fuzz target.
#pragma once
#include <algorithm>
#include <random>
#include <string>

#include "base/big_endian.h"
#include "iscsi/scsi/device.h"
#include "iscsi/scsi/geometry.h"
#include "iscsi/scsi/opcodes.h"

namespace cairn::scsi::test {

class odd_cdbs {
 public:
  odd_cdbs(device& unit, std::mt19937_64& random) : unit_(unit), random_(random) {
    for (int i = 0; i < 3; ++i)
      nexuses_.push_back(unit_.attach("iqn.odd,i,0x" + std::to_string(i)));
  }

  void one() {
    cdb c = made();
    run(nexuses_[random_() % nexuses_.size()], random_() % 32 == 0 ? random_() : 0, c, list(c));
  }

  void run(nexus_id from, std::uint64_t lun, const cdb& c, const bytes& data) {
    auto d = unit_.begin(from, lun, c);
    check(d);
    if (!d.done && !d.to_do) check(d = unit_.parameters(from, c, data));
    if (d.to_do) {
      ++worked_;
      check_answer(unit_.finish(from, c, outcome(*d.to_do)));
    }
    if (!d.done && !d.to_do) broken_ = "parameters() decided nothing";
  }
  nexus_id nexus(std::size_t n) const { return nexuses_[n % nexuses_.size()]; }

  const std::string& broken() const { return broken_; }
  std::size_t worked() const { return worked_; }

 private:
  // A form of the table with its fields at random, most often small.
  cdb made() {
    const auto forms = command_forms();
    const command_form& f = forms[random_() % forms.size()];
    cdb c{};
    const bool wild = random_() % 8 == 0, small = random_() % 2 == 0;
    for (std::size_t i = 1; i < c.size(); ++i) {
      const bool zero = !wild && (small ? random_() % 8 != 0 : random_() % 3 == 0);
      const auto mask = wild ? 0xff : f.usage[i];
      if (!zero) c[i] = static_cast<std::byte>(random_() & mask);
    }
    c[0] = static_cast<std::byte>(f.opcode);
    if (f.has_action() && !wild)
      c[1] = (c[1] & std::byte{0xe0}) | static_cast<std::byte>(f.service_action);
    return c;
  }

  // Mostly as long as the CDB says; what it says first is at random.
  bytes list(const cdb& c) {
    const field_reader in(c);
    bytes out(random_() % 4 == 0 ? random_() % 64 : std::max<std::size_t>(in.u16(7), in.u8(4)));
    for (std::size_t i = 0; i < std::min<std::size_t>(out.size(), 96); ++i)
      if (random_() % 4 == 0) out[i] = static_cast<std::byte>(random_());
    return out;
  }

  work_outcome outcome(const work& w) {
    work_outcome o;
    if (random_() % 8 == 0) o.error = static_cast<int>(random_() % 120);
    if (random_() % 8 == 0) o.miscompare_at = random_() % transfer_bytes_max;
    if (w.kind == work_kind::lba_status)
      for (std::uint32_t i = 0; i < w.extents_max; ++i)
        o.extents.push_back({{w.range.offset + i * w.block_bytes, w.block_bytes}, i % 2 == 0});
    return o;
  }

  void check(const decision& d) {
    if (d.done && d.to_do) broken_ = "answered, and work besides";
    if (d.data_out > transfer_bytes_max * 2) broken_ = "more data than may be taken";
    if (d.data_in > transfer_bytes_max) broken_ = "more data than may be sent";
    if (d.done) check_answer(*d.done);
    if (!d.to_do) return;
    check_range(d.to_do->range, *d.to_do);
    for (const byte_range& r : d.to_do->ranges) check_range(r, *d.to_do);
    if (d.to_do->ranges.size() > unmap_descriptors_max) broken_ = "too many ranges";
  }

  void check_range(const byte_range& r, const work& w) {
    if (!r.within(unit_.size_bytes())) broken_ = "a range outside the volume";
    if (r.offset % w.block_bytes != 0 || r.length % w.block_bytes != 0)
      broken_ = "a range that is no number of blocks";
  }

  void check_answer(const answer& a) {
    const bool checked = a.status == status::check_condition;
    if (checked != a.sense.has_value()) broken_ = "sense data where there is none, or none";
    if (a.sense && encode(*a.sense).size() != 18) broken_ = "sense data of another size";
    if (a.data_in.size() > (64U << 10)) broken_ = "an answer out of bounds";
  }

  device& unit_;
  std::mt19937_64& random_;
  std::vector<nexus_id> nexuses_;
  std::string broken_;
  std::size_t worked_ = 0;
};

}  // namespace cairn::scsi::test
