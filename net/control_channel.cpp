#include "net/control_channel.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

namespace cairn {
namespace {

constexpr milliseconds write_limit(10'000);

}  // namespace

void control_channel::send(const control_message& m) {
  if (!wire_->is_open()) return;
  if (waiting_.size() == queue_max) return wire_->close();
  waiting_.push_back(encode(m));
  if (std::exchange(writing_, true)) return;
  asio::co_spawn(wire_->executor(), write_all(shared_from_this()), asio::detached);
}

asio::awaitable<void> control_channel::write_all(std::shared_ptr<control_channel> self) {
  while (!self->waiting_.empty() && self->wire_->is_open()) {
    bytes frame = std::move(self->waiting_.front());
    self->waiting_.pop_front();
    const result<void> done = co_await self->wire_->write(std::move(frame), write_limit);
    if (!done) self->waiting_.clear();
  }
  self->writing_ = false;
}

asio::awaitable<void> control_channel::finish(milliseconds limit) {
  const auto self = shared_from_this();
  self->wire_->end_unless_lifted(limit);
  asio::steady_timer turn(co_await asio::this_coro::executor);
  while (self->writing_ && self->wire_->is_open()) {
    std::error_code ignored;
    turn.expires_after(milliseconds(1));
    co_await turn.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_await self->wire_->finish(limit);
}

}  // namespace cairn
