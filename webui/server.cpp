#include "webui/server.h"

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <thread>

#include "net/pulse.h"
#include "webui/lag_history.h"
#include "webui/listener.h"
#include "webui/routes.h"

namespace cairn {

class http_server::inside {
 public:
  inside(coordinator_api& api, endpoint tcp, std::string unix_socket)
      : api_(api),
        tcp_(std::move(tcp)),
        unix_socket_(std::move(unix_socket)),
        routes_(api_, history_, tcp_.host),
        sample_timer_(io_),
        tcp_listener_(io_, http_access::read_only, answer()),
        unix_listener_(io_, http_access::full, answer()) {}
  ~inside() { stop(); }

  result<void> start() {
    if (tcp_.port != 0) CAIRN_TRY(tcp_listener_.bind_tcp(tcp_));
    if (!unix_socket_.empty()) CAIRN_TRY(unix_listener_.bind_unix(unix_socket_));
    if (tcp_.port != 0) tcp_listener_.accept();
    if (!unix_socket_.empty()) unix_listener_.accept();
    next_sample_ = std::chrono::steady_clock::now();
    sample();
    thread_ = std::thread([this] { pulse_.run("web page"); });
    return {};
  }

  void stop() {
    if (thread_.joinable()) {
      asio::post(io_, [this] { close(); });
      thread_.join();
    } else {
      close();
    }
  }

 private:
  http_answer answer() {
    return [this](const http_request& r, http_access a) { return routes_.answer(r, a); };
  }

  // Afterwards nothing is pending, so that run() returns.
  void close() {
    pulse_.stop();
    sample_timer_.cancel();
    stopped_ = true;
    tcp_listener_.close();
    unix_listener_.close();
  }

  void sample() {
    if (stopped_) return;
    const auto now = std::chrono::steady_clock::now();
    history_.add(api_.snapshot(), now);
    next_sample_ = std::max(next_sample_ + history_step, now);  // a long pause is not made up for
    sample_timer_.expires_at(next_sample_);
    sample_timer_.async_wait([this](asio::error_code e) {
      if (!e) sample();
    });
  }

  coordinator_api& api_;
  endpoint tcp_;
  std::string unix_socket_;
  asio::io_context io_{1};
  pulse pulse_{io_};
  lag_history history_;
  http_routes routes_;
  asio::steady_timer sample_timer_;
  history_time next_sample_;
  bool stopped_ = false;
  http_listener tcp_listener_;
  http_listener unix_listener_;
  std::thread thread_;
};

http_server::http_server(coordinator_api& api, endpoint tcp, std::string unix_socket)
    : inside_(std::make_unique<inside>(api, std::move(tcp), std::move(unix_socket))) {}
http_server::~http_server() = default;

result<void> http_server::start() { return inside_->start(); }
void http_server::stop() { inside_->stop(); }

}  // namespace cairn
