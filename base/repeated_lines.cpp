#include "base/repeated_lines.h"

#include <algorithm>

namespace cairn {
namespace {

std::string host_of(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

std::string key_of(std::string sentence, const std::string& peer) {
  const auto at = peer.empty() ? std::string::npos : sentence.find(peer);
  if (at != std::string::npos) sentence.replace(at, peer.size(), host_of(peer));
  return sentence.substr(0, repeated_lines::key_bytes_max);
}

}  // namespace

std::optional<std::string> repeated_lines::take(const std::string& sentence,
                                                const std::string& peer, time now) {
  const auto key = key_of(sentence, peer);
  const auto known = std::ranges::find(lines_, key, &line::key);
  if (known != lines_.end() && now < known->written + quiet) return ++known->repeats, std::nullopt;
  std::string out = sentence;
  if (known != lines_.end()) {
    if (known->repeats > 0)
      out += " (and " + std::to_string(known->repeats) +
             (known->repeats == 1 ? " time" : " times") + " since this was last written)";
    lines_.erase(known);
  }
  lines_.push_back({key, host_of(peer), now, 0});
  if (lines_.size() > lines_max) lines_.pop_front();
  return out;
}

void repeated_lines::forget(const std::string& peer) {
  std::erase_if(lines_, [host = host_of(peer)](const line& l) { return l.host == host; });
}

void repeated_lines::warn(const std::string& sentence, const std::string& peer, log_event what,
                          const log_subject& about) {
  if (const auto text = take(sentence, peer, std::chrono::steady_clock::now()))
    log_warning(*text, what, about);
}

}  // namespace cairn
