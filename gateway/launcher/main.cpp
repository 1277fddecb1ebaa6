// cairn-gateway: checks the configuration, binds the NBD sockets and becomes nbdkit.
//
// nbdkit itself listens on TCP or on a Unix socket, not on both; given its sockets by socket
// activation it serves any number. The process id stays the same, so whoever started us watches
// the process that serves.
//
// Exit codes: 0 done; 1 failed; 2 wrong usage or configuration.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "base/version.h"
#include "config/program_options.h"
#include "gateway/launcher/listening_socket.h"

namespace cairn {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;
constexpr int first_passed_fd = 3;          // of the socket activation protocol
constexpr const char* threads_each = "16";  // per connection, made on demand

int complain(int code, const std::string& text) {
  fmt::print(stderr, "{}\n", text);
  return code;
}

// Beside us in a build tree, or where it is installed.
result<std::string> find_plugin() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const auto beside = self.parent_path().parent_path() / "lib" / CAIRN_PLUGIN_NAME;
  const auto installed = std::filesystem::path(CAIRN_PLUGIN_DIRECTORY) / CAIRN_PLUGIN_NAME;
  for (const auto& candidate : {beside, installed}) {
    if (std::filesystem::exists(candidate, failed)) return candidate.string();
  }
  return fail(ENOENT,
              fmt::format("the plugin is neither {} nor {}", beside.string(), installed.string()));
}

result<std::vector<listening_socket>> bind_sockets(const gateway_config& config) {
  std::vector<listening_socket> sockets;
  if (config.nbd_socket) {
    auto bound = listening_socket::unix_socket(*config.nbd_socket);
    if (!bound) return fail(std::move(bound).error());
    sockets.push_back(std::move(*bound));
  }
  if (config.nbd) {
    auto bound = listening_socket::tcp(*config.nbd);
    if (!bound) return fail(std::move(bound).error());
    sockets.push_back(std::move(*bound));
  }
  return sockets;
}

// Puts the sockets at 3, 4 … and says so in the environment. Copies above that range come first,
// so that none is overwritten before it was moved.
result<void> pass_on(const std::vector<listening_socket>& sockets) {
  const int count = static_cast<int>(sockets.size());
  std::vector<int> copies;
  for (const auto& each : sockets) {
    copies.push_back(fcntl(each.fd(), F_DUPFD_CLOEXEC, first_passed_fd + count));
  }
  for (int i = 0; i < count; ++i) {
    if (dup2(copies[i], first_passed_fd + i) == -1) return fail_errno(errno, "dup2");
  }
  setenv("LISTEN_FDS", std::to_string(count).c_str(), 1);
  setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
  unsetenv("LISTEN_FDNAMES");
  return {};
}

// Until the plugin hears it (gateway/nbd/reload_signal.h), it would end the process. The mask stays
// over exec.
void block_reload_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  sigprocmask(SIG_BLOCK, &set, nullptr);
}

// Returns only when it failed.
int become_nbdkit(const std::string& plugin, const std::string& file) {
  const auto config = "config=" + file;
  const char* const arguments[] = {"nbdkit",       "-f",           "--threads", threads_each,
                                   plugin.c_str(), config.c_str(), nullptr};
  execvp(arguments[0], const_cast<char* const*>(arguments));
  return complain(exit_failed, fail_errno(errno, "nbdkit cannot be executed").value().text);
}

int run(const std::string& file, bool check_only) {
  const auto config = read_gateway_config(file);
  if (!config) return complain(exit_usage, config.error().text);
  if (check_only) {
    fmt::print("{}: good\n", file);
    return 0;
  }
  block_reload_signal();
  const auto plugin = find_plugin();
  if (!plugin) return complain(exit_failed, plugin.error().text);
  const auto sockets = bind_sockets(*config);
  if (!sockets) return complain(exit_failed, sockets.error().text);
  if (const auto passed = pass_on(*sockets); !passed) {
    return complain(exit_failed, passed.error().text);
  }
  return become_nbdkit(*plugin, std::filesystem::absolute(file));
}

}  // namespace
}  // namespace cairn

int main(int count, char** arguments) {
  CLI::App app(cairn::gateway_program().sentence, cairn::gateway_program().name);
  cairn::program_options options;
  cairn::add_program_options(app, "cairn-gateway " + cairn::version_text(), options);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : cairn::exit_usage;
  }
  return cairn::run(options.file, options.check_only);
}
