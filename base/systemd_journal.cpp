#include "base/systemd_journal.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace cairn {
namespace {

const char* priority_of(log_level level) {
  switch (level) {
    case log_level::debug:
      return "7";
    case log_level::warning:
      return "4";
    case log_level::error:
      return "3";
    default:
      return "5";
  }
}

std::string eight_bytes(std::uint64_t n) {
  std::string out;
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(n >> 8 * i & 0xff));
  return out;
}

std::string lines(std::uint64_t n) {
  return n == 1 ? "1 line before this one was" : std::to_string(n) + " lines before this one were";
}

// Zero, or errno.
int send_to(int socket, const std::string& path, const std::string& datagram) {
  sockaddr_un to{};
  if (socket < 0 || path.size() >= sizeof to.sun_path) return ENOENT;
  to.sun_family = AF_UNIX;
  std::ranges::copy(path, to.sun_path);
  const auto n = ::sendto(socket, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                          reinterpret_cast<const sockaddr*>(&to), sizeof to);
  return n < 0 ? errno : 0;
}

}  // namespace

bool stderr_is_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat ours {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &ours) != 0) return false;
  return stream == std::to_string(ours.st_dev) + ":" + std::to_string(ours.st_ino);
}

std::vector<std::string> journal_fields(const std::string& program, log_level level,
                                        const std::string& sentence, log_event what,
                                        const log_subject& about) {
  std::vector<std::string> fields{"MESSAGE=" + sentence,
                                  std::string("PRIORITY=") + priority_of(level),
                                  "SYSLOG_IDENTIFIER=" + program};
  const auto add = [&](const char* field, const std::string& value) {
    if (!value.empty()) fields.push_back(field + value);
  };
  add("MESSAGE_ID=", id_of(what));
  add("CAIRN_GROUP=", about.group);
  add("CAIRN_MEMBER=", about.member);
  add("CAIRN_VOLUME=", about.volume);
  return fields;
}

std::string journal_datagram(const std::vector<std::string>& fields) {
  std::string out;
  for (const auto& each : fields) {
    const auto equals = each.find('=');
    if (each.find('\n') == std::string::npos)
      out += each;
    else
      out += each.substr(0, equals) + "\n" + eight_bytes(each.size() - equals - 1) +
             each.substr(equals + 1);
    out += '\n';
  }
  return out;
}

journal_socket::journal_socket(std::string path)
    : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

journal_socket::~journal_socket() {
  if (socket_ >= 0) ::close(socket_);
}

bool journal_socket::send(std::vector<std::string> fields) {
  const auto lost = lost_.exchange(0);
  if (lost > 0)
    fields.front() += " (" + lines(lost) + " lost: the journal did not take what it was sent)";
  const int failed = send_to(socket_, path_, journal_datagram(fields));
  const bool full = failed == EAGAIN || failed == ENOBUFS || failed == EMSGSIZE;
  if (failed != 0) lost_ += lost + (full ? 1 : 0);
  return failed == 0 || full;
}

}  // namespace cairn
