// The unit attention conditions that one nexus has not been told of yet (SAM-5 5.14), oldest first.
//
// No condition is queued twice, and there are fewer kinds than `kinds_max`: so it stays bounded
// whatever other initiators do.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "iscsi/scsi/sense.h"

namespace cairn::scsi {

class attentions {
 public:
  static constexpr std::size_t kinds_max = 16;

  void add(std::uint16_t code) {
    // After a reset nothing older matters.
    if (code >> 8 == code::power_on >> 8) pending_.clear();
    const bool known = std::ranges::find(pending_, code) != pending_.end();
    if (!known && pending_.size() < kinds_max) pending_.push_back(code);
  }

  std::optional<sense> take() {
    if (pending_.empty()) return std::nullopt;
    sense s;
    s.key = sense_key::unit_attention;
    s.code = pending_.front();
    pending_.erase(pending_.begin());
    return s;
  }

 private:
  std::vector<std::uint16_t> pending_;
};

}  // namespace cairn::scsi
