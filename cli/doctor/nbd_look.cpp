#include "cli/doctor/nbd_look.h"

#include <libnbd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>

#include "cli/doctor/greetings.h"

namespace cairn::doctor {
namespace {

using steady = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{5};
constexpr std::uint64_t read_bytes = 4096;

class nbd_session {
 public:
  explicit nbd_session(const std::string& name)
      : handle_(nbd_create(), nbd_close), end_(steady::now() + patience) {
    if (handle_) nbd_set_export_name(handle_.get(), name.c_str());
  }

  nbd_handle* get() const { return handle_.get(); }

  // Serves the connection until `done` says 1.
  template <typename Done>
  result<void> until(Done done) const {
    for (;;) {
      const int now = done();
      if (now == 1) return {};
      if (now == -1 || nbd_aio_is_dead(get()) == 1) return failed();
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end_ - steady::now()).count();
      if (left <= 0) return fail(ETIMEDOUT, "no answer within 5 s");
      if (nbd_poll(get(), static_cast<int>(left)) == -1) return failed();
    }
  }

  result<void> read(std::uint64_t offset, std::uint64_t length) {
    const auto cookie =
        nbd_aio_pread(get(), buffer_.data(), length, offset, NBD_NULL_COMPLETION, 0);
    if (cookie == -1) return failed();
    return until([&] { return nbd_aio_command_completed(get(), std::uint64_t(cookie)); });
  }

  static tl::unexpected<error> failed() {
    const char* text = nbd_get_error();
    return fail(nbd_get_errno(), text == nullptr ? "the connection ended" : text);
  }

 private:
  std::array<char, read_bytes> buffer_{};  // before the handle, whose end still may write there
  std::unique_ptr<nbd_handle, void (*)(nbd_handle*)> handle_;
  const steady::time_point end_;
};

result<volume_seen> look(nbd_session& s) {
  CAIRN_TRY(s.until([&] { return nbd_aio_is_ready(s.get()); }));
  volume_seen seen;
  const auto size = nbd_get_size(s.get());
  const auto read_only = nbd_is_read_only(s.get());
  if (size == -1 || read_only == -1) return nbd_session::failed();
  seen.size_bytes = std::uint64_t(size);
  seen.writable = read_only == 0;
  const auto length = std::min(read_bytes, seen.size_bytes);
  CAIRN_TRY(s.read(0, length));
  CAIRN_TRY(s.read(seen.size_bytes - length, length));
  nbd_aio_disconnect(s.get(), 0);
  return seen;
}

}  // namespace

result<volume_seen> look_over_nbd(const std::string& socket, const std::string& name) {
  nbd_session s(name);
  if (s.get() == nullptr || nbd_aio_connect_unix(s.get(), socket.c_str()) == -1)
    return nbd_session::failed();
  return look(s);
}

result<volume_seen> look_over_nbd(const endpoint& at, const std::string& name) {
  nbd_session s(name);
  const auto to = reachable(at);
  const auto port = std::to_string(to.port);
  if (s.get() == nullptr || nbd_aio_connect_tcp(s.get(), to.host.c_str(), port.c_str()) == -1)
    return nbd_session::failed();
  return look(s);
}

}  // namespace cairn::doctor
