// What goes wrong again and again, each time that a peer tries, is news once: the same sentence is
// written again only after an hour, with how often it came meanwhile.
//
// Bounded: it knows the sentences of the last `lines_max` kinds, each cut at `key_bytes_max`; where
// there are more, the one that was written longest ago is forgotten and becomes news again.
// For one thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "base/log.h"

namespace cairn {

class repeated_lines {
 public:
  using time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::hours quiet{1};
  static constexpr std::size_t lines_max = 64;
  static constexpr std::size_t key_bytes_max = 512;

  // What to write of the sentence now, if anything. `peer`, "10.0.0.1:40112", is part of it
  // perhaps: its port is another one each time, and no news.
  std::optional<std::string> take(const std::string& sentence, const std::string& peer, time now);
  // All is well with this peer's host; what goes wrong with it next is news.
  void forget(const std::string& peer);
  // take() now, and into the log.
  void warn(const std::string& sentence, const std::string& peer, log_event what,
            const log_subject& about = {});

 private:
  struct line {
    std::string key;  // the sentence without the port
    std::string host;
    time written;
    std::uint64_t repeats = 0;  // since then
  };
  std::list<line> lines_;  // that were written last at the end
};

}  // namespace cairn
