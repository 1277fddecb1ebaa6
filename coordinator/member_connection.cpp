#include "coordinator/member_connection.h"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "coordinator/plausible.h"

// g++ 12 inlines one half of a coroutine frame's new and delete and takes the rest for a mismatch.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace cairn {
namespace {

constexpr milliseconds connect_limit(2'000);
constexpr milliseconds hello_limit(3'000);
// Status is asked for each second at least; a gateway that says nothing for this long hangs, or the
// connection is half open.
constexpr milliseconds silence_limit(5'000);
constexpr milliseconds pause_min(100);
constexpr milliseconds pause_max(2'000);

}  // namespace

void member_connection::start() { asio::co_spawn(io_, run(this), asio::detached); }

void member_connection::stop() {
  stopping_ = true;
  pause_.cancel();
  if (channel_) channel_->close();
}

void member_connection::send(const control_message& m) {
  if (connected_) channel_->send(m);
}

asio::awaitable<void> member_connection::run(member_connection* self) {
  while (!self->stopping_) {
    result<std::unique_ptr<framed_connection>> wire =
        co_await connect_to(self->at_.host, self->at_.port, connect_limit);
    if (self->stopping_) break;
    if (wire) {
      self->channel_ = std::make_shared<control_channel>(std::move(*wire));
      co_await converse(self, self->channel_);
    } else {
      self->why_ = wire.error().text;
    }
    self->connected_ = false;
    self->channel_.reset();
    if (self->stopping_) break;
    self->events_.on_lost(self->member_, self->why_);
    co_await rest(self);
  }
}

// From the hello to the loss of the connection; why_ says what ended it.
asio::awaitable<void> member_connection::converse(member_connection* self,
                                                  std::shared_ptr<control_channel> channel) {
  channel->send(self->hello_);
  const result<control_message> first = co_await channel->read(hello_limit);
  if (self->stopping_) co_return;
  self->why_ = self->greeted(first);
  while (self->why_.empty()) {
    const result<control_message> message = co_await channel->read(silence_limit);
    if (self->stopping_) co_return;
    if (!message)
      self->why_ = message.error().text;
    else if (!plausible(*message))
      self->why_ = self->implausible();
    else
      self->events_.on_message(self->member_, *message);
  }
  channel->close();
}

// What is wrong with the answer to our hello; empty: nothing, and the member is connected.
std::string member_connection::greeted(const result<control_message>& first) {
  if (!first) return first.error().text;
  if (const auto* no = std::get_if<control_refusal>(&*first)) return "refused: " + no->reason;
  const auto* hello = std::get_if<member_hello>(&*first);
  if (!plausible(*first)) return implausible();
  if (!hello) return "the gateway at " + at_.text() + " did not answer with a hello";
  if (hello->version != control_version)
    return "the gateway at " + at_.text() + " speaks version " + std::to_string(hello->version) +
           " of the control protocol, this coordinator version " + std::to_string(control_version);
  connected_ = true;
  next_pause_ = milliseconds(0);
  events_.on_connected(member_, *hello);
  return {};
}

std::string member_connection::implausible() const {
  return "the gateway at " + at_.text() + " names an epoch or a marker beyond belief";
}

asio::awaitable<void> member_connection::rest(member_connection* self) {
  self->next_pause_ = std::clamp(self->next_pause_ * 2, pause_min, pause_max);
  self->pause_.expires_after(self->next_pause_);
  std::error_code ignored;
  co_await self->pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace cairn
