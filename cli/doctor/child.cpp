#include "cli/doctor/child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace cairn::doctor {
namespace {

using steady = std::chrono::steady_clock;
constexpr std::size_t output_max = 64U << 10;

struct pipe_ends {
  int read = -1, write = -1;
  ~pipe_ends() {
    close_one(read);
    close_one(write);
  }
  static void close_one(int& fd) {
    if (fd != -1) close(fd);
    fd = -1;
  }
};

result<pid_t> start(const std::vector<std::string>& words, int out) {
  std::vector<char*> arguments;
  for (const auto& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return fail_errno(failed, "start " + words.front());
  return pid;
}

// True: all of it was read before the time was up.
bool read_all(int fd, steady::time_point end, std::string& text) {
  std::array<char, 4096> piece;
  while (text.size() < output_max) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - steady::now()).count();
    pollfd p{fd, POLLIN, 0};
    if (left <= 0 || poll(&p, 1, static_cast<int>(left)) == 0) return false;
    const auto got = read(fd, piece.data(), piece.size());
    if (got == 0) return true;
    if (got > 0) text.append(piece.data(), static_cast<std::size_t>(got));
    if (got < 0 && errno != EINTR) return false;
  }
  return true;
}

}  // namespace

result<std::string> output_of(const std::vector<std::string>& words,
                              std::chrono::milliseconds limit) {
  pipe_ends ends;
  std::array<int, 2> fds{};
  if (pipe2(fds.data(), O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
  ends.read = fds[0];
  ends.write = fds[1];
  const auto pid = start(words, ends.write);
  if (!pid) return fail(pid.error());
  pipe_ends::close_one(ends.write);
  std::string text;
  const bool whole = read_all(ends.read, steady::now() + limit, text);
  int ended = 0;
  if (!whole) {  // it may hang in the kernel: nobody waits for it
    kill(*pid, SIGKILL);
    waitpid(*pid, &ended, WNOHANG);
    return fail(ETIMEDOUT, words.front() + " did not end in time");
  }
  while (waitpid(*pid, &ended, 0) == -1 && errno == EINTR) {
  }
  if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0) return fail(EIO, words.front() + " failed");
  return text;
}

}  // namespace cairn::doctor
