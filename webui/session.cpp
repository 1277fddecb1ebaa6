#include "webui/session.h"

#include <cerrno>

#include <asio/buffer.hpp>
#include <asio/write.hpp>

#include "webui/problem.h"

namespace cairn {

http_session::http_session(socket_type socket, http_access access, http_answer answer,
                           std::function<void()> ended)
    : socket_(std::move(socket)),
      access_(access),
      answer_(std::move(answer)),
      ended_(std::move(ended)),
      deadline_(socket_.get_executor()) {}

http_session::~http_session() { close(); }

void http_session::start() {
  limit(session_transfer_limit);
  read();
}

void http_session::close() {
  if (std::exchange(closed_, true)) return;
  deadline_.cancel();
  asio::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_both, ignored);
  socket_.close(ignored);
  if (ended_) ended_();
}

void http_session::limit(std::chrono::seconds until) {
  deadline_.expires_after(until);
  deadline_.async_wait([weak = weak_from_this()](asio::error_code e) {
    const auto self = weak.lock();
    if (!e && self && self->deadline_.expiry() <= asio::steady_timer::clock_type::now()) {
      self->close();
    }
  });
}

void http_session::read() {
  socket_.async_read_some(asio::buffer(piece_),
                          [self = shared_from_this()](asio::error_code e, std::size_t count) {
                            if (e) return self->close();
                            if (self->closed_) return;
                            self->on_read(count);
                          });
}

void http_session::on_read(std::size_t count) {
  unread_.append(piece_.data(), count);
  parse();
}

void http_session::parse() {
  const auto used = parser_.feed(unread_);
  if (!used) return refuse(used.error());
  unread_.erase(0, *used);
  if (!parser_.done()) return read();
  answer(parser_.take());
}

void http_session::answer(const http_request& request) {
  const bool head = request.method == "HEAD";
  write(answer_(request, access_), request.keep_alive, head);
}

void http_session::refuse(const error& why) {
  const unsigned status = why.code == EMSGSIZE ? 413 : 400;
  write(problem(status, why.text, "Send a well-formed HTTP/1.1 request with a small body."), false,
        false);
}

void http_session::write(http_response response, bool keep_alive, bool head) {
  if (closed_) return;
  limit(session_transfer_limit);
  writing_ = encode_http(response, keep_alive, head);
  asio::async_write(
      socket_, asio::buffer(writing_),
      [self = shared_from_this(), keep_alive](asio::error_code e, std::size_t) {
        if (e) return self->close();
        if (!keep_alive) return self->drain();
        if (self->closed_) return;
        self->limit(self->unread_.empty() ? session_idle_limit : session_transfer_limit);
        self->parse();
      });
}

// Closing with bytes unread would reset the connection and could take the answer with it.
void http_session::drain() {
  if (closed_) return;
  asio::error_code e;
  socket_.shutdown(asio::socket_base::shutdown_send, e);
  if (e || drained_bytes_ > drain_bytes_max) return close();
  socket_.async_read_some(asio::buffer(piece_),
                          [self = shared_from_this()](asio::error_code failed, std::size_t count) {
                            if (failed) return self->close();
                            self->drained_bytes_ += count;
                            self->drain();
                          });
}

}  // namespace cairn
