#include "webui/listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace cairn {
namespace {

// Backing off for a moment when the process is out of descriptors.
constexpr std::chrono::milliseconds accept_pause{200};

// Whether somebody accepts connections at `path`; only then it must not be replaced.
bool answers(asio::io_context& io, const std::string& path) {
  asio::local::stream_protocol::socket probe(io);
  asio::error_code e;
  probe.connect(asio::local::stream_protocol::endpoint(path), e);
  return !e;
}

bool is_socket(const std::string& path) {
  struct stat s {};
  return lstat(path.c_str(), &s) == 0 && S_ISSOCK(s.st_mode);
}

}  // namespace

http_listener::http_listener(asio::io_context& io, http_access access, http_answer answer)
    : io_(io), access_(access), answer_(std::move(answer)), acceptor_(io), pause_(io) {}

http_listener::~http_listener() { close(); }

result<void> http_listener::listen(const protocol::endpoint& at, const std::string& name) {
  asio::error_code e;
  if (!e) acceptor_.bind(at, e);
  if (!e) acceptor_.listen(asio::socket_base::max_listen_connections, e);
  if (e) return fail_errno(e.value(), "listen on " + name);
  return {};
}

result<void> http_listener::bind_tcp(const endpoint& at) {
  asio::error_code e;
  const auto address = asio::ip::make_address(at.host == "localhost" ? "127.0.0.1" : at.host, e);
  if (e) return fail(EINVAL, "listen on " + at.text() + ": the host must be an IP address");
  const asio::ip::tcp::endpoint where(address, at.port);
  acceptor_.open(where.protocol(), e);
  if (!e) acceptor_.set_option(asio::socket_base::reuse_address(true), e);
  if (e) return fail_errno(e.value(), "listen on " + at.text());
  return listen(where, at.text());
}

result<void> http_listener::bind_unix(const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(ENAMETOOLONG, "listen on " + path + ": a Unix socket's path has at most 107 bytes");
  }
  if (is_socket(path)) {
    if (answers(io_, path))
      return fail(EADDRINUSE, "listen on " + path + ": somebody already does");
    unlink(path.c_str());
  }
  asio::error_code e;
  const asio::local::stream_protocol::endpoint where(path);
  acceptor_.open(where.protocol(), e);
  if (e) return fail_errno(e.value(), "listen on " + path);
  // Linux makes the file with the descriptor's mode, so it is never open to others, not even
  // between bind and chmod.
  if (fchmod(acceptor_.native_handle(), 0600) != 0) return fail_errno(errno, "chmod " + path);
  CAIRN_TRY(listen(where, path));
  path_ = path;
  return {};
}

void http_listener::accept() {
  acceptor_.async_accept([this](asio::error_code e, protocol::socket socket) {
    if (e == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (!e) {
      on_accept(std::move(socket));
      return accept();
    }
    pause_.expires_after(accept_pause);
    pause_.async_wait([this](asio::error_code stopped) {
      if (!stopped) accept();
    });
  });
}

void http_listener::on_accept(protocol::socket socket) {
  if (sessions_.size() >= sessions_max) return;  // closed by its destructor
  auto key = std::make_shared<http_session*>(nullptr);
  const auto session = std::make_shared<http_session>(std::move(socket), access_, answer_,
                                                      [this, key] { sessions_.erase(*key); });
  *key = session.get();
  sessions_.insert(session.get());
  session->start();
}

void http_listener::close() {
  asio::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  while (!sessions_.empty()) (*sessions_.begin())->close();
  if (!path_.empty()) unlink(path_.c_str());
  path_.clear();
}

}  // namespace cairn
