#include "gateway/service_sentence.h"

#include <fmt/format.h>

namespace cairn {
namespace {

std::string because(const std::string& why) { return why.empty() ? "" : ": " + why; }

std::string trouble_of(const member_status& m, bool linked) {
  if (!m.journal_failed.empty()) return "journal failed: " + m.journal_failed;
  if (m.role == member_role::fenced) return "fenced" + because(m.role_because);
  for (const auto& v : m.volumes)
    if (!v.failed.empty()) return "volume " + v.name + " failed: " + v.failed;
  if (!m.destage_trouble.empty()) return m.destage_trouble;
  if (!linked || m.link == link_state::connected) return {};
  return std::string("link ") + name_of(m.link) + because(m.link_because);
}

std::string counted(std::size_t n, const char* what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

}  // namespace

std::string service_sentence(const std::vector<member_status>& members,
                             const std::vector<bool>& linked) {
  std::string troubles;
  std::size_t volumes = 0, connected = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const member_status& m = members[i];
    volumes += m.volumes.size();
    if (linked[i] && m.link == link_state::connected) ++connected;
    if (const auto wrong = trouble_of(m, linked[i]); !wrong.empty())
      troubles += m.member + ": " + wrong + "; ";
  }
  const auto links = connected == 0 ? "" : ", " + counted(connected, "link") + " connected";
  return troubles + counted(members.size(), "member") + ", " + counted(volumes, "volume") + links;
}

}  // namespace cairn
