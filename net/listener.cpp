#include "net/framed_connection.h"

#include <sys/socket.h>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <vector>

namespace cairn {
namespace {

using asio::ip::tcp;
using connection = std::unique_ptr<framed_connection>;

std::string place(const std::string& host, std::uint16_t port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
         std::to_string(port);
}

tl::unexpected<error> fail_at(const char* what, const std::string& where,
                              const std::error_code& ec) {
  return fail(ec.value(), std::string(what) + " " + where + ": " + ec.message());
}

// Closes `socket` after `limit`: the only way to bound a connect.
struct connect_limit {
  connect_limit(tcp::socket& socket, milliseconds limit)
      : timer(socket.get_executor(), limit), expired(std::make_shared<bool>(false)) {
    timer.async_wait([&socket, flag = expired](const std::error_code& ec) {
      if (ec || *flag) return;
      *flag = true;
      std::error_code ignored;
      socket.close(ignored);
    });
  }
  // True: the limit had been reached. The handler does nothing from here on.
  bool lift() {
    const bool was = *expired;
    *expired = true;
    timer.cancel();
    return was;
  }
  asio::steady_timer timer;
  std::shared_ptr<bool> expired;
};

// All addresses of a name, or the one that `host` spells (then without a resolver's thread).
asio::awaitable<result<std::vector<tcp::endpoint>>> resolve(std::string host, std::uint16_t port) {
  std::error_code ec;
  const asio::ip::address numeric = asio::ip::make_address(host, ec);
  std::vector<tcp::endpoint> out;
  if (!ec) {
    out.emplace_back(numeric, port);
    co_return out;
  }
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  const std::string service = std::to_string(port);
  const auto found =
      co_await resolver.async_resolve(host, service, asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return fail_at("resolve", place(host, port), ec);
  for (const auto& one : found) out.push_back(one.endpoint());
  co_return out;
}

asio::awaitable<result<connection>> connect_one(tcp::endpoint to, std::string where,
                                                milliseconds limit) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  connect_limit bound(socket, limit);
  std::error_code ec;
  co_await socket.async_connect(to, asio::redirect_error(asio::use_awaitable, ec));
  if (bound.lift()) co_return fail(ETIMEDOUT, "connect to " + where + ": timed out");
  if (ec) co_return fail_at("connect to", where, ec);
  co_return std::make_unique<framed_connection>(std::move(socket));
}

}  // namespace

asio::awaitable<result<connection>> connect_to(std::string host, std::uint16_t port,
                                               milliseconds limit) {
  const std::string where = place(host, port);
  const result<std::vector<tcp::endpoint>> ends = co_await resolve(host, port);
  if (!ends) co_return fail(ends.error());
  result<connection> got = fail(EHOSTUNREACH, "resolve " + where + ": no address");
  for (const tcp::endpoint& end : *ends) {
    got = co_await connect_one(end, where, limit);
    if (got) break;
  }
  co_return got;
}

result<connection> adopt_connection(asio::io_context& on, int descriptor) {
  int family = AF_INET;
  socklen_t size = sizeof family;
  ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &size);
  tcp::socket socket(on);
  std::error_code ec;
  socket.assign(family == AF_INET6 ? tcp::v6() : tcp::v4(), descriptor, ec);
  if (ec) return fail(ec.value(), "take over a connection: " + ec.message());
  return std::make_unique<framed_connection>(std::move(socket));
}

result<std::unique_ptr<listener>> listener::open(asio::io_context& on, const std::string& host,
                                                 std::uint16_t port) {
  std::error_code ec;
  const asio::ip::address address = asio::ip::make_address(host, ec);
  if (ec) return fail_at("listen on", place(host, port), ec);
  const tcp::endpoint end(address, port);
  tcp::acceptor acceptor(on);
  acceptor.open(end.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(end, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return fail_at("listen on", place(host, port), ec);
  return std::unique_ptr<listener>(new listener(std::move(acceptor)));
}

std::uint16_t listener::port() const {
  std::error_code ignored;
  return acceptor_.local_endpoint(ignored).port();
}

asio::awaitable<result<std::unique_ptr<framed_connection>>> listener::accept() {
  while (acceptor_.is_open()) {
    std::error_code ec;
    tcp::socket socket =
        co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, ec));
    if (!ec) co_return std::make_unique<framed_connection>(std::move(socket));
    if (ec == asio::error::operation_aborted) break;
    asio::steady_timer pause(acceptor_.get_executor(), milliseconds(100));
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }
  co_return fail(ECANCELED, "the listener was closed");
}

void listener::close() {
  std::error_code ignored;
  acceptor_.close(ignored);
}

}  // namespace cairn
