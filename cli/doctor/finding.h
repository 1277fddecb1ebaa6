// What `cairn doctor` says: one sentence for each thing that was looked at, and what to do.
#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace cairn::doctor {

// In the order in which they matter. `unseen`: this user may not look, or it cannot be known now.
enum class level { ok, unseen, warning, problem };

struct finding {
  std::string check;  // GROUP.NAME, as in docs/commands.md: "disks.space"
  level is = level::ok;
  std::string sentence;
  std::string advice;  // what to do; empty when there is nothing to do

  std::string group() const { return check.substr(0, check.find('.')); }
  friend bool operator==(const finding&, const finding&) = default;
};

using findings = std::vector<finding>;

inline finding ok(std::string check, std::string sentence) {
  return {std::move(check), level::ok, std::move(sentence), {}};
}
inline finding unseen(std::string check, std::string sentence, std::string advice = {}) {
  return {std::move(check), level::unseen, std::move(sentence), std::move(advice)};
}
inline finding warning(std::string check, std::string sentence, std::string advice) {
  return {std::move(check), level::warning, std::move(sentence), std::move(advice)};
}
inline finding problem(std::string check, std::string sentence, std::string advice) {
  return {std::move(check), level::problem, std::move(sentence), std::move(advice)};
}

inline std::size_t count_of(const findings& all, level wanted) {
  return static_cast<std::size_t>(std::ranges::count(all, wanted, &finding::is));
}

inline void append(findings& to, findings more) { std::ranges::move(more, std::back_inserter(to)); }

}  // namespace cairn::doctor
