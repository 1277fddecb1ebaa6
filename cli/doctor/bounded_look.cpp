#include "cli/doctor/bounded_look.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>

#include "base/result.h"

namespace cairn::doctor {
namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Beside those of disk_watch.h; the level comes last and completes a finding.
constexpr char check_of = 'c', sentence_of = 's', advice_of = 'a', level_of = 'l', done = '.';

void tell_findings(const disk_watch& disks, const findings& all) {
  for (const auto& f : all) {
    disks.tell(check_of, f.check);
    disks.tell(sentence_of, f.sentence);
    disks.tell(advice_of, f.advice);
    disks.tell(level_of, std::to_string(static_cast<int>(f.is)));
  }
  disks.tell(done);
}

void keep_only(int fd) {
  const int nothing = open("/dev/null", O_RDWR);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, standard);
  const auto kept = static_cast<unsigned>(fd);
  if (kept > 3) close_range(3, kept - 1, 0);
  close_range(kept + 1, ~0U, 0);
}

[[noreturn]] void be_the_child(disk_watch& disks, const std::function<findings()>& look, int fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  keep_only(fd);
  disks.tell_to(fd);
  tell_findings(disks, look());
  _exit(0);
}

// Takes messages, and knows until when the next one must come.
class listener {
 public:
  explicit listener(milliseconds patience) : patience_(patience) {}

  void take(std::string_view bytes) {
    text_ += bytes;
    while (take_one()) {
    }
    end_ = steady::now() + patience_;
  }
  // Of poll(): -1 while it is at no disk.
  int left_ms() const {
    if (at_.empty()) return -1;
    const auto left = std::chrono::ceil<milliseconds>(end_ - steady::now()).count();
    return static_cast<int>(std::max<std::int64_t>(left, 0));
  }
  const std::string& at() const { return at_.back(); }
  bool all_said() const { return done_; }
  findings found() { return std::move(found_); }

 private:
  bool take_one() {
    const auto colon = text_.find(':');
    if (colon == std::string::npos) return false;
    std::size_t size = 0;
    std::from_chars(text_.data() + 1, text_.data() + colon, size);
    if (text_.size() - colon - 1 < size) return false;
    const char kind = text_.front();
    auto text = text_.substr(colon + 1, size);
    text_.erase(0, colon + 1 + size);
    understand(kind, std::move(text));
    return true;
  }
  void understand(char kind, std::string text) {
    if (kind == disk_message::comes) at_.push_back(std::move(text));
    if (kind == disk_message::leaves) at_.pop_back();
    if (kind == check_of) next_.check = std::move(text);
    if (kind == sentence_of) next_.sentence = std::move(text);
    if (kind == advice_of) next_.advice = std::move(text);
    if (kind == level_of) {
      next_.is = static_cast<level>(text.front() - '0');
      found_.push_back(std::move(next_));
    }
    if (kind == done) done_ = true;
  }

  const milliseconds patience_;
  steady::time_point end_;
  std::string text_;
  std::vector<std::string> at_;
  finding next_;
  findings found_;
  bool done_ = false;
};

// False: the time was up.
bool listen(int fd, listener& to) {
  std::array<char, 4096> piece;
  while (!to.all_said()) {
    pollfd p{fd, POLLIN, 0};
    const int ready = poll(&p, 1, to.left_ms());
    if (ready == 0) return false;
    if (ready < 0) continue;
    const auto got = read(fd, piece.data(), piece.size());
    if (got == 0) return true;
    if (got > 0) to.take({piece.data(), static_cast<std::size_t>(got)});
  }
  return true;
}

struct outcome {
  findings found;
  std::optional<std::string> hangs_at;
};

result<outcome> look_once(disk_watch& disks, const std::function<findings()>& look,
                          milliseconds patience) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "make a pipe");
  const auto child = fork();
  if (child == 0) be_the_child(disks, look, ends[1]);
  const int failed = errno;
  close(ends[1]);
  listener heard(patience);
  const bool answered = child != -1 && listen(ends[0], heard);
  close(ends[0]);
  if (child == -1) return fail_errno(failed, "fork");
  // Where it hangs in the kernel it ends when the disk answers; it is nobody's to wait for.
  kill(child, SIGKILL);
  waitpid(child, nullptr, WNOHANG);
  if (!answered) return outcome{{}, heard.at()};
  if (!heard.all_said()) return fail(EIO, "the process of a check ended before it was done");
  return outcome{heard.found(), std::nullopt};
}

finding silent(const std::string& path, milliseconds patience) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience).count();
  return problem("disks.answers",
                 fmt::format("the disk under {} has not answered for {} s", path, seconds),
                 "look into the kernel's log (dmesg), and at the disk or its server; what else is "
                 "on it was not looked at");
}

}  // namespace

findings bounded_look(disk_watch& disks, const std::vector<mount_point>& mounts,
                      const std::function<findings()>& look, milliseconds patience) {
  findings out;
  for (;;) {
    auto o = look_once(disks, look, patience);
    if (!o) {
      out.push_back(unseen("programs.checks", "not all was looked at: " + o.error().text));
      return out;
    }
    append(out, std::move(o->found));
    if (!o->hangs_at) return out;
    out.push_back(silent(*o->hangs_at, patience));
    disks.give_up(*o->hangs_at, mounts);
  }
}

}  // namespace cairn::doctor
