#include "cli/doctor/member_checks.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "cli/doctor/progress.h"
#include "cli/humanise.h"

namespace cairn::doctor {
namespace {

constexpr const char* check = "running.members";
constexpr const char* peer_check = "network.peer";
// A sender tries again after 5 s at the latest.
constexpr std::chrono::seconds link_patience{6};
constexpr std::chrono::seconds link_moment{1};
constexpr std::uint64_t journal_tenths_warned = 9;

std::string because(const std::string& why) { return why.empty() ? "" : ": " + why; }

bool connected(const member_answer* answer) {
  return answer != nullptr && answer->status.link == link_state::connected;
}

finding judge_primary(const member_config& m, const member_answer* answer,
                      const std::optional<result<void>>& greeted) {
  const auto what = fmt::format("{}: its peer {}", m.name, m.peer->text());
  if (connected(answer)) return ok(peer_check, what + " is connected");
  if (greeted && !*greeted)
    return problem(peer_check, fmt::format("{} can't be reached: {}", what, greeted->error().text),
                   "start the gateway of the other site, or look at the network in between");
  if (answer == nullptr) return ok(peer_check, what + " answers");
  return problem(peer_check,
                 fmt::format("{} answers, but the link is {}{}", what, name_of(answer->status.link),
                             because(answer->status.link_because)),
                 "docs/wire.md lists the refusals; look into the logs of both gateways");
}

finding judge_secondary(const member_config& m, const member_status& s) {
  if (s.link == link_state::connected) return ok(peer_check, m.name + ": its primary is connected");
  return warning(peer_check,
                 fmt::format("{}: no primary is connected{}", m.name, because(s.link_because)),
                 "start the gateway of the other site; its `peer` must be [link] `listen` here");
}

// Nobody is asked to connect to a member that took over, or that was taken over.
bool has_peer(const seen_member& m) {
  const auto* a = m.answered();
  if (a != nullptr && a->role != m.config.role) return false;
  return m.config.role == member_role::primary ? m.config.peer.has_value() : a != nullptr;
}

// A peer that answers and refuses nothing: the link is about to be made. Its next attempt is
// awaited.
member_answer patient_answer(const gateway_config& g, const seen_member& m) {
  member_answer last = **m.answer;
  const auto end = std::chrono::steady_clock::now() + link_patience;
  while (!connected(&last) && last.status.link != link_state::refused &&
         std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(link_moment);
    auto now = ask_control(g.control, m.config.group, m.config.name);
    if (now) last = *std::move(now);
  }
  return last;
}

finding look_at_peer(const gateway_config& g, const seen_member& m) {
  const auto* answer = m.answered();
  if (!m.config.peer || connected(answer)) return judge_peer(m.config, answer, std::nullopt);
  const auto greeted = greet_link(*m.config.peer);
  if (answer == nullptr || !greeted) return judge_peer(m.config, answer, greeted);
  const auto later = patient_answer(g, m);
  return judge_peer(m.config, &later, greeted);
}

const char* destaging_advice(const std::string& trouble) {
  if (trouble.starts_with("destaging waits"))
    return "make room in the file system of the backing file: destaging goes on by itself";
  return "mend the disk, then start the gateway again";
}

}  // namespace

findings judge_member(const member_status& s) {
  findings out;
  if (s.role == member_role::fenced)
    out.push_back(problem(
        check, fmt::format("{} accepts no writes any more{}", s.member, because(s.role_because)),
        "the other site has taken over: hosts must use that one"));
  if (!s.journal_failed.empty())
    out.push_back(problem(check,
                          fmt::format("{}: its journal failed: {}", s.member, s.journal_failed),
                          "mend the disk, then start the gateway again"));
  if (s.journal_bytes_max > 0 && s.journal_bytes > s.journal_bytes_max / 10 * journal_tenths_warned)
    out.push_back(warning(
        check,
        fmt::format("{}: its journal has {} of {}; when it is full, writes of "
                    "hosts are refused",
                    s.member, human_bytes(s.journal_bytes), human_bytes(s.journal_bytes_max)),
        "bring the other site back, or give the journal a larger `size`"));
  if (!s.destage_trouble.empty())
    out.push_back(
        problem(check, s.member + ": " + s.destage_trouble, destaging_advice(s.destage_trouble)));
  for (const auto& v : s.volumes)
    if (!v.failed.empty())
      out.push_back(problem(check, fmt::format("volume {}: {}", v.name, v.failed),
                            "mend the disk under the volume, then start the gateway again"));
  if (out.empty())
    out.push_back(ok(check, fmt::format("{} is {}, its journal and volumes are sound", s.member,
                                        name_of(s.role))));
  return out;
}

finding judge_peer(const member_config& m, const member_answer* answer,
                   const std::optional<result<void>>& greeted) {
  return m.role == member_role::primary ? judge_primary(m, answer, greeted)
                                        : judge_secondary(m, answer->status);
}

findings check_members(const examination& seen) {
  findings out;
  for (const auto& g : seen.gateways)
    for (const auto& m : g.members) {
      if (!m.answer) continue;
      if (*m.answer)
        append(out, judge_member((*m.answer)->status));
      else
        out.push_back(judge_silent("network.control",
                                   fmt::format("{}: its gateway does not answer: {}", m.config.name,
                                               m.answer->error().text),
                                   g.config.file, see_progress(seen.open, *g.serves, g.unit)));
    }
  return out;
}

findings check_peers(const examination& seen) {
  findings out;
  for (const auto& g : seen.gateways)
    for (const auto& m : g.members)
      if (has_peer(m)) out.push_back(look_at_peer(g.config, m));
  return out;
}

}  // namespace cairn::doctor
