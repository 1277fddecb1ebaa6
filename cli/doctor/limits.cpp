#include "cli/doctor/limits.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sstream>

#include "cli/doctor/small_file.h"
#include "cli/humanise.h"

namespace cairn::doctor {
namespace {

constexpr const char* files_check = "running.open_files";
constexpr const char* priority_check = "running.priority";
constexpr const char* size_check = "running.file_size";
constexpr const char* quota_check = "disks.quota";

// The first word behind `label` at the beginning of a line.
std::string word_behind(const std::string& text, const std::string& label) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(label)) continue;
    std::istringstream rest(line.substr(label.size()));
    std::string word;
    rest >> word;
    return word;
  }
  return {};
}

std::optional<std::uint64_t> bound(const std::string& word) {
  if (word == "unlimited") return std::nullopt;
  return std::strtoull(word.c_str(), nullptr, 10);
}

std::uint64_t largest_file(const gateway_config& c) {
  std::uint64_t bytes = 0;
  for (const auto& m : c.members) {
    bytes = std::max(bytes, m.segment_bytes);
    for (const auto& v : m.volumes)
      if (!v.path.starts_with("/dev/")) bytes = std::max(bytes, v.size_bytes);
  }
  return bytes;
}

std::string who_is(const seen_gateway& g) {
  return fmt::format("gateway {} (pid {})", g.config.name, g.serves->pid);
}

std::optional<quota_seen> quota_at(const std::string& place, uid_t user) {
  dqblk found{};
  const int fd = open(place.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd == -1) return std::nullopt;
  const bool known = syscall(SYS_quotactl_fd, fd, QCMD(Q_GETQUOTA, USRQUOTA), user, &found) == 0;
  close(fd);
  if (!known || (found.dqb_valid & QIF_BLIMITS) == 0) return std::nullopt;
  return quota_seen{place, found.dqb_curspace, found.dqb_bhardlimit * 1024};
}

}  // namespace

std::optional<limits_seen> read_limits(const std::string& limits, const std::string& status) {
  const auto files = word_behind(limits, "Max open files");
  const auto size = word_behind(limits, "Max file size");
  if (files.empty() || size.empty()) return std::nullopt;
  limits_seen s;
  s.open_files = bound(files);
  s.file_bytes = bound(size);
  s.priority = bound(word_behind(limits, "Max realtime priority")).value_or(99);
  const auto capabilities = std::strtoull(word_behind(status, "CapEff:").c_str(), nullptr, 16);
  s.may_raise_it = (capabilities >> CAP_SYS_NICE & 1) != 0;
  return s;
}

findings judge_limits(const limits_seen& s, std::uint64_t largest_file_bytes) {
  findings out;
  if (s.open_files && *s.open_files < open_files_min)
    out.push_back(
        problem(files_check,
                fmt::format("{} may open {} files only; {} is the least", s.who, *s.open_files,
                            open_files_min),
                "start it by its unit (LimitNOFILE=65536), or with `ulimit -n 65536` before it"));
  else
    out.push_back(ok(files_check,
                     fmt::format("{} may open {} files", s.who,
                                 s.open_files ? std::to_string(*s.open_files) : "any number of")));
  if (s.priority == 0 && !s.may_raise_it)
    out.push_back(warning(priority_check,
                          fmt::format("{} may not run its marker threads ahead of others: on a "
                                      "busy machine hosts wait longer for each marker",
                                      s.who),
                          "start it by its unit (LimitRTPRIO=1)"));
  else
    out.push_back(ok(priority_check, s.who + " may run its marker threads ahead of others"));
  if (s.file_bytes && *s.file_bytes < largest_file_bytes)
    out.push_back(
        problem(size_check,
                fmt::format("{} may not write files of more than {}; the largest has {}", s.who,
                            human_bytes(*s.file_bytes), human_bytes(largest_file_bytes)),
                "start it with `ulimit -f unlimited`, or without LimitFSIZE"));
  return out;
}

findings check_limits(const examination& seen) {
  findings out;
  for (const auto& g : seen.gateways) {
    if (!g.serves) continue;
    const auto of = fmt::format("/proc/{}/", g.serves->pid);
    const auto limits = read_small(of + "limits");
    auto s = read_limits(limits.value_or(""), read_small(of + "status").value_or(""));
    if (!s) {
      out.push_back(unseen(files_check, "the limits of " + who_is(g) + " may not be looked at",
                           "run cairn doctor as root"));
      continue;
    }
    s->who = who_is(g);
    append(out, judge_limits(*s, largest_file(g.config)));
  }
  return out;
}

finding judge_quota(const quota_seen& s, std::uint64_t journals_bytes) {
  const auto text = fmt::format("the gateway's user may have {} below {} and has {}",
                                human_bytes(s.limit_bytes), s.place, human_bytes(s.used_bytes));
  if (s.limit_bytes >= s.used_bytes + journals_bytes) return ok(quota_check, text);
  return problem(quota_check, text + ": too little for its journals",
                 "raise the quota of that user, or give the journals a smaller `size`");
}

// Only where there is one: few systems have.
findings check_quotas(const examination& seen) {
  findings out;
  for (const auto& g : seen.gateways) {
    if (!g.serves) continue;
    for (std::size_t i = 0; i < g.members.size(); ++i) {
      const auto& m = g.members[i];
      const disk_look at(seen.disks, m.config.journal);
      if (!at) continue;
      const auto quota = quota_at(existing_part(m.config.journal), g.serves->runs_as);
      if (!quota || quota->limit_bytes == 0) continue;
      const auto has = m.answered() ? m.answered()->status.journal_bytes : 0;
      out.push_back(judge_quota(
          *quota, m.config.journal_size_bytes - std::min(has, m.config.journal_size_bytes)));
    }
  }
  return out;
}

}  // namespace cairn::doctor
