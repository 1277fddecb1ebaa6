#include "cli/doctor/progress.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "cli/doctor/listeners.h"
#include "cli/doctor/small_file.h"

namespace cairn::doctor {
namespace {

constexpr const char* runs_check = "running.started";

double seconds(const timespec& t) { return double(t.tv_sec) + double(t.tv_nsec) / 1e9; }

// When the machine was started: the line `btime SECONDS` of /proc/stat, whole seconds.
std::optional<double> booted_at() {
  std::istringstream in(read_small("/proc/stat").value_or(""));
  for (std::string word; in >> word;)
    if (double at = 0; word == "btime" && in >> at) return at;
  return std::nullopt;
}

bool changed_after_start(const running_program& p) {
  const auto stat_line = read_small(fmt::format("/proc/{}/stat", p.pid));
  const auto started = started_at(stat_line.value_or(""), sysconf(_SC_CLK_TCK));
  struct stat found {};
  const auto booted = booted_at();
  if (!started || !booted || stat(p.file.c_str(), &found) != 0) return false;
  return seconds(found.st_mtim) > *booted + *started + 1;
}

bool owns(const openings& open, ino_t socket, pid_t pid) {
  const auto [first, last] = open.sockets.equal_range(socket);
  return std::any_of(first, last, [&](const auto& each) { return each.second == pid; });
}

std::optional<bool> listens(const openings& open, pid_t pid) {
  for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"})
    for (const auto& each : parse_tcp(read_small(file).value_or("")))
      if (owns(open, each.inode, pid)) return true;
  for (const auto& each : parse_unix(read_small("/proc/net/unix").value_or("")))
    if (owns(open, each.second, pid)) return true;
  return open.complete ? std::optional(false) : std::nullopt;
}

std::string log_of(const std::string& unit) { return fmt::format("journalctl -u {} -n 20", unit); }

bool is_tried_again(const unit_seen& u) { return u.step.starts_with("auto-restart"); }

bool fails(const unit_seen& u) {
  return u.state == "failed" || is_tried_again(u) || (u.state == "activating" && u.restarts > 0);
}

finding judge_failing(const std::string& who, const unit_seen& u) {
  const auto again = u.restarts == 0
                         ? std::string()
                         : fmt::format(", systemd started it {} times more", u.restarts);
  auto advice = log_of(u.name) + " says why";
  if (u.state == "failed")
    advice += fmt::format("; then {}systemctl start {}",
                          u.result == "start-limit-hit" || u.restarts > 0
                              ? fmt::format("systemctl reset-failed {} and ", u.name)
                              : "",
                          u.name);
  return problem(runs_check, fmt::format("{} failed ({}{})", who, u.result, again), advice);
}

finding judge_serving(const std::string& who, const running_program& serves,
                      const std::optional<unit_seen>& unit) {
  const auto runs = fmt::format("{} runs: pid {}", who, serves.pid);
  if (by_hand(serves, unit) || unit->state != "activating") return ok(runs_check, runs);
  if (unit->restarts == 0) return ok(runs_check, runs + ", it is starting");
  return warning(runs_check,
                 fmt::format("{}, it is starting, after systemd started it {} times already", runs,
                             unit->restarts),
                 log_of(unit->name) + " says why it ended");
}

}  // namespace

bool is_starting(const progress_seen& p) {
  if (!p.unit.empty()) return p.state == "activating";
  return p.listens ? !*p.listens : !p.changed;
}

finding judge_silent(const std::string& check, const std::string& sentence, const std::string& file,
                     const progress_seen& p) {
  if (is_starting(p))
    return warning(check, sentence,
                   p.unit.empty()
                       ? "it is starting and recovers its journals: wait; its log says more"
                       : "it is starting and recovers its journals: wait; " + log_of(p.unit));
  if (p.changed)
    return problem(check, sentence,
                   fmt::format("{} was changed after its start: start it again", file));
  return problem(
      check, sentence,
      (p.unit.empty() ? "its log" : log_of(p.unit)) + " says more; start it again if it hangs");
}

finding judge_running(const std::string& who, const std::optional<running_program>& serves,
                      const std::optional<unit_seen>& unit, std::optional<bool> ran_before,
                      const std::string& start) {
  if (serves) return judge_serving(who, *serves, unit);
  if (unit && fails(*unit)) return judge_failing(who, *unit);
  if (unit && unit->state == "activating")
    return warning(runs_check, who + " is being started", "wait; " + log_of(unit->name));
  if (!ran_before) return warning(runs_check, who + " does not run", start);
  if (*ran_before) return problem(runs_check, who + " does not run, though it did before", start);
  return warning(runs_check, who + " was never started", start);
}

progress_seen see_progress(const openings& open, const running_program& serves,
                           const std::optional<unit_seen>& unit) {
  progress_seen p;
  if (!by_hand(serves, unit)) {
    p.unit = unit->name;
    p.state = unit->state;
  }
  p.listens = listens(open, serves.pid);
  p.changed = changed_after_start(serves);
  return p;
}

// PID (NAME) STATE …, the start being the 22nd word; the name may have spaces and brackets.
std::optional<double> started_at(const std::string& stat, long ticks_each_second) {
  constexpr int between = 19;
  const auto bracket = stat.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::istringstream in(stat.substr(bracket + 1));
  std::string word;
  for (int i = 0; i < between; ++i) in >> word;
  std::uint64_t ticks = 0;
  if (!(in >> ticks)) return std::nullopt;
  return double(ticks) / double(ticks_each_second);
}

}  // namespace cairn::doctor
