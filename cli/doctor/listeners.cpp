#include "cli/doctor/listeners.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <sstream>

#include "cli/doctor/small_file.h"

namespace cairn::doctor {
namespace {

constexpr const char* check = "network.listeners";
constexpr const char* tcp_listens = "0A";

// The kernel prints the address word by word, each as a number of this machine.
std::string host_of(const std::string& hex) {
  std::array<std::uint32_t, 4> words{};
  const std::size_t count = hex.size() / 8;
  if (count != 1 && count != 4) return {};
  for (std::size_t i = 0; i < count; ++i)
    words[i] = std::uint32_t(std::strtoul(hex.substr(8 * i, 8).c_str(), nullptr, 16));
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(count == 1 ? AF_INET : AF_INET6, words.data(), text.data(), text.size());
  return text.data();
}

bool is_v6(const std::string& host) { return host.find(':') != std::string::npos; }

class sockets_seen {
 public:
  explicit sockets_seen(const examination& seen) : seen_(seen) {
    for (const char* file : {"/proc/net/tcp", "/proc/net/tcp6"})
      for (auto& each : parse_tcp(read_small(file).value_or(""))) tcp_.push_back(std::move(each));
    unix_ = parse_unix(read_small("/proc/net/unix").value_or(""));
  }

  address_seen tcp(address_seen a, const endpoint& at) const {
    a.address = at.text();
    for (const auto& each : tcp_)
      if (in_the_way(each, at)) add(a, each.inode);
    return a;
  }
  address_seen local(address_seen a, const std::string& path) const {
    a.address = path;
    const auto [first, last] = unix_.equal_range(path);
    for (auto at = first; at != last; ++at) add(a, at->second);
    const disk_look look(seen_.disks, path);
    struct stat found {};
    if (look && !a.taken && stat(path.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode)) {
      a.taken = true;
      a.holder = "a file that is no socket";
    }
    return a;
  }

 private:
  void add(address_seen& a, ino_t inode) const {
    a.taken = true;
    const auto [first, last] = seen_.open.sockets.equal_range(inode);
    for (auto at = first; at != last; ++at) {
      a.holders.push_back(at->second);
      a.holder = seen_.open.name_of(at->second);
    }
  }

  const examination& seen_;
  std::vector<listening> tcp_;
  std::multimap<std::string, ino_t> unix_;
};

void look_at(const examination& seen, const seen_gateway& g, const sockets_seen& sockets,
             findings& out) {
  const auto& c = g.config;
  const auto progress = g.serves ? see_progress(seen.open, *g.serves, g.unit) : progress_seen();
  const auto of = [&](const char* what) {
    address_seen a;
    a.what = fmt::format("{} of {}", what, c.name);
    a.file = c.file;
    if (g.serves) a.serves = g.serves->pid;
    a.progress = progress;
    return a;
  };
  if (c.nbd_socket) out.push_back(judge_address(sockets.local(of("NBD"), *c.nbd_socket)));
  if (c.nbd) out.push_back(judge_address(sockets.tcp(of("NBD"), *c.nbd)));
  if (c.iscsi)
    for (const auto& at : c.iscsi->listen)
      out.push_back(judge_address(sockets.tcp(of("iSCSI"), at)));
  out.push_back(judge_address(sockets.tcp(of("control"), c.control)));
  if (c.link) out.push_back(judge_address(sockets.tcp(of("link"), *c.link)));
}

void look_at(const examination& seen, const seen_coordinator& s, const sockets_seen& sockets,
             findings& out) {
  address_seen a;
  a.file = s.config.file;
  if (s.serves) {
    a.serves = s.serves->pid;
    a.progress = see_progress(seen.open, *s.serves, s.unit);
  }
  a.what = "HTTP of coordinator " + s.config.name;
  out.push_back(judge_address(sockets.tcp(a, s.config.http)));
  a.what = "commands of coordinator " + s.config.name;
  out.push_back(judge_address(sockets.local(a, s.config.command_socket)));
}

}  // namespace

// SLOT: LOCAL:PORT REMOTE:PORT STATE QUEUES TIMER RETRANSMITS UID TIMEOUT INODE …
std::vector<listening> parse_tcp(const std::string& text) {
  std::vector<listening> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream in(line);
    std::vector<std::string> words(10);
    for (auto& w : words) in >> w;
    const auto colon = words[1].find(':');
    if (!in || words[3] != tcp_listens || colon == std::string::npos) continue;
    out.push_back({host_of(words[1].substr(0, colon)),
                   std::uint16_t(std::strtoul(words[1].c_str() + colon + 1, nullptr, 16)),
                   std::strtoull(words[9].c_str(), nullptr, 10)});
  }
  return out;
}

// NUMBER: COUNT PROTOCOL FLAGS TYPE STATE INODE PATH
std::multimap<std::string, ino_t> parse_unix(const std::string& text) {
  constexpr unsigned long accepts = 1UL << 16;  // __SO_ACCEPTCON
  std::multimap<std::string, ino_t> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream in(line);
    std::string number, count, protocol, flags, type, state, inode, path;
    if (!(in >> number >> count >> protocol >> flags >> type >> state >> inode)) continue;
    if ((std::strtoul(flags.c_str(), nullptr, 16) & accepts) == 0) continue;
    if (std::getline(in >> std::ws, path))
      out.emplace(path, std::strtoull(inode.c_str(), nullptr, 10));
  }
  return out;
}

bool in_the_way(const listening& there, const endpoint& wanted) {
  if (there.port != wanted.port) return false;
  const bool any = there.host == "0.0.0.0" || there.host == "::";
  const bool wants_any = wanted.host == "0.0.0.0" || wanted.host == "::";
  // One that listens on :: has the addresses of both families, unless it says otherwise.
  if (is_v6(there.host) != is_v6(wanted.host)) return there.host == "::";
  return there.host == wanted.host || any || wants_any;
}

finding judge_address(const address_seen& a) {
  const auto what = fmt::format("{}, {}", a.what, a.address);
  if (!a.taken) {
    if (!a.serves) return ok(check, what + ": free");
    return judge_silent(check, what + ": nobody listens there, though its program runs", a.file,
                        a.progress);
  }
  if (a.serves && std::ranges::find(a.holders, *a.serves) != a.holders.end())
    return ok(check, fmt::format("{}: served by pid {}", what, *a.serves));
  if (a.holder.empty())
    return unseen(check, what + ": somebody listens there; who, this user may not see",
                  "run cairn doctor as root");
  return problem(check, fmt::format("{}: taken by {}", what, a.holder),
                 fmt::format("stop that, or choose another address in {}", a.file));
}

findings check_listeners(const examination& seen) {
  const sockets_seen sockets(seen);
  findings out;
  for (const auto& g : seen.gateways) look_at(seen, g, sockets, out);
  for (const auto& c : seen.coordinators) look_at(seen, c, sockets, out);
  return out;
}

}  // namespace cairn::doctor
