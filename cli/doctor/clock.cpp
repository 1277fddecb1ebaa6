#include "cli/doctor/clock.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/timex.h>

#include <ctime>
#include <filesystem>
#include <set>

#include "cli/humanise.h"

namespace cairn::doctor {
namespace {

namespace fs = std::filesystem;
constexpr const char* check = "clock.plausible";
constexpr const char* synchronized_check = "clock.synchronized";
constexpr const char* back_check = "clock.went_back";
constexpr const char* no_order = "Cairn orders nothing by the clock, but people read it in logs";

bool synchronized() {
  timex state{};
  return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

std::optional<newest_file> newest_in(const std::string& directory, std::int64_t now,
                                     const disk_look& look) {
  std::optional<newest_file> newest;
  std::error_code failed;
  fs::recursive_directory_iterator each(directory, failed);
  for (; !failed && each != fs::recursive_directory_iterator(); each.increment(failed)) {
    look.goes_on();
    struct stat found {};
    if (lstat(each->path().c_str(), &found) != 0) continue;
    const auto ahead = std::int64_t(found.st_mtim.tv_sec) - now;
    if (!newest || ahead > newest->ahead_s) newest = newest_file{each->path().string(), ahead};
  }
  return newest;
}

std::set<std::string> directories_of(const examination& seen) {
  std::set<std::string> out;
  for (const auto& g : seen.gateways) {
    out.insert(g.config.state_directory);
    for (const auto& m : g.config.members)
      if (!m.journal.starts_with(g.config.state_directory + "/")) out.insert(m.journal);
  }
  for (const auto& c : seen.coordinators) out.insert(c.config.state_directory);
  return out;
}

}  // namespace

finding judge_clock(int year, bool synchronized) {
  if (year < first_year)
    return warning(check,
                   fmt::format("the clock says {}, before Cairn was made; {}", year, no_order),
                   "set the clock, and run a service that keeps it right");
  if (!synchronized)
    return warning(synchronized_check,
                   fmt::format("nothing keeps the clock right, says the kernel; {}", no_order),
                   "run chrony or systemd-timesyncd: timedatectl set-ntp true");
  return ok(check, "the clock is kept right");
}

finding judge_newest(const std::string& directory, const newest_file& newest) {
  if (newest.ahead_s <= ahead_max_s)
    return ok(back_check, "no file in " + directory + " is newer than the clock");
  return problem(back_check,
                 fmt::format("{} was written {} ahead of now: the clock went back; {}", newest.path,
                             human_age(std::uint64_t(newest.ahead_s) * 1000), no_order),
                 "compare the clock with another machine's, and set the one that is wrong");
}

findings check_clock(const examination& seen) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  findings out{judge_clock(utc.tm_year + 1900, synchronized())};
  for (const auto& directory : directories_of(seen))
    if (const disk_look at(seen.disks, directory); at)
      if (const auto newest = newest_in(directory, now, at))
        out.push_back(judge_newest(directory, *newest));
  return out;
}

}  // namespace cairn::doctor
