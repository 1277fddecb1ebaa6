#include "gateway/link/receiver_session.h"

#include <unistd.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <cerrno>
#include <optional>

#include "base/log.h"
#include "base/repeated_lines.h"
#include "gateway/link/sync_thread.h"
#include "net/framed_connection.h"
#include "net/pulse.h"
#include "replication/receiver.h"

namespace cairn {
namespace {

using wire_end = std::shared_ptr<framed_connection>;

void rethrow(std::exception_ptr trouble) {
  if (trouble) std::rethrow_exception(trouble);
}

std::vector<volume_offer> offers_of(const std::vector<volume_identity>& all) {
  std::vector<volume_offer> out;
  for (const volume_identity& v : all)
    out.push_back({v.index, v.id, v.name, v.size_bytes, v.naa, v.serial, v.born_empty});
  return out;
}

log_subject about(const member& one) { return {one.config().group, one.config().name, {}}; }

// A seal arrives only when it is durable at the primary, which therefore never takes it back.
sequence last_seal(journal& log, sequence from) {
  sequence newest = from;
  for (const marker_row& m : log.markers(from)) newest = std::max(newest, m.seal_at);
  return newest;
}

receiver_state state_of(member& owner) {
  journal& log = owner.log();
  const member_state state = log.state();
  receiver_state s;
  s.group = owner.config().group;
  s.member = owner.config().name;
  s.role = state.role;
  s.lineages = state.lineages;
  s.starts = log.starts();
  s.volumes = offers_of(log.volumes());
  s.last = log.assigned();
  s.never_below = last_seal(log, state.target_sequence);
  return s;
}

incarnation maker_of_last(journal& log) {
  const sequence last = log.assigned();
  if (!last || last <= log.trimmed()) return {};
  const auto rows = log.rows(last, last, 1, ~std::uint64_t{0});
  return rows && !rows->empty() ? rows->front().what.made_in : incarnation();
}

// The pure part speaks of arrived records, the journal of received ones; both are views.
std::vector<received_record> for_journal(const std::vector<arrived_record>& all) {
  std::vector<received_record> out;
  out.reserve(all.size());
  for (const arrived_record& one : all) out.push_back({one.what, one.data});
  return out;
}

// A connection on its way from the listener to an answer; counted, so that a crowd of them can't
// use up the process's descriptors.
struct guest {
  guest(int d, std::atomic<std::size_t>& c) : descriptor(d), count(&c) { ++c; }
  guest(guest&& other) noexcept
      : descriptor(std::exchange(other.descriptor, -1)),
        count(std::exchange(other.count, nullptr)) {}
  guest& operator=(guest&&) = delete;
  ~guest() {
    if (descriptor >= 0) ::close(descriptor);
    if (count) --*count;
  }
  int descriptor;  // -1: a framed_connection owns it
  std::atomic<std::size_t>* count;
};

}  // namespace

class receiver_session::impl {
 public:
  impl(member& owner, const receiver_settings& settings)
      : owner_(owner),
        settings_(settings),
        syncs_(about(owner), owner.log(), settings.sync_pause,
               [this] { asio::post(io_, [this] { on_synced(); }); }) {}

  void start();
  void stop();
  void take_over(int descriptor, hello greeting);
  member& owner() const { return owner_; }

 private:
  // ---- on the session's thread only
  void on_synced();
  void say_progress() { something_to_tell_.cancel(); }
  void end(const std::string& why);
  bool current(const wire_end& wire) const { return wire && wire == wire_; }
  log_subject subject() const { return about(owner_); }
  result<hello_answer> accept(const hello& greeting, const hello_accepted& how);
  void replace(wire_end wire, const hello& greeting, const hello_answer& answer);
  std::optional<link_message> taken_over();
  std::optional<link_message> obey(const link_message& m);
  std::optional<link_message> obey(const stretch& s);

  static asio::awaitable<void> greet(impl* self, wire_end wire, hello greeting, guest counted);
  static asio::awaitable<void> listen(impl* self, wire_end wire);
  static asio::awaitable<void> speak(impl* self, wire_end wire, bytes first);
  static asio::awaitable<void> part(wire_end wire, link_message last_word, milliseconds limit);

  std::atomic<std::size_t> guests_{0};
  // So early that it goes late: what is suspended in it may still hold the rest.
  asio::io_context io_{1};
  pulse pulse_{io_};
  member& owner_;
  const receiver_settings settings_;
  wire_end wire_;  // none: not connected
  std::optional<receiver> decides_;
  link_progress told_;
  repeated_lines refusals_;  // a primary that is refused tries again every few seconds
  asio::steady_timer something_to_tell_{io_};
  sync_thread syncs_;
  std::thread thread_;
};

void receiver_session::impl::start() {
  owner_.set_link(link_state::connecting, "no primary has connected yet");
  thread_ = std::thread([this] {
    const auto stay = asio::make_work_guard(io_);
    pulse_.run("member " + owner_.config().name + ": link");
  });
  syncs_.start();
}

void receiver_session::impl::stop() {
  if (!thread_.joinable()) return;
  syncs_.stop();
  io_.stop();
  thread_.join();
  if (wire_) wire_->close();
}

void receiver_session::impl::take_over(int descriptor, hello greeting) {
  guest arrived(descriptor, guests_);
  if (guests_ > settings_.guests_max)
    return log_warning("link: too many connections to member " + greeting.member + " at once",
                       log_event::link_refused, subject());
  asio::post(io_, [this, arrived = std::move(arrived), greeting = std::move(greeting)]() mutable {
    auto adopted = adopt_connection(io_, arrived.descriptor);
    if (!adopted) return log_warning("link: " + adopted.error().text, log_event::none, subject());
    arrived.descriptor = -1;
    asio::co_spawn(io_, greet(this, std::move(*adopted), std::move(greeting), std::move(arrived)),
                   rethrow);
  });
}

asio::awaitable<void> receiver_session::impl::part(wire_end wire, link_message last_word,
                                                   milliseconds limit) {
  bytes frame = encode(last_word);
  const result<void> sent = co_await wire->write(std::move(frame), limit);
  if (sent) co_await wire->finish(limit);
  wire->close();
}

asio::awaitable<void> receiver_session::impl::greet(impl* self, wire_end wire, hello greeting,
                                                    guest) {
  const hello_verdict verdict = judge_hello(greeting, state_of(self->owner_));
  const auto* yes = std::get_if<hello_accepted>(&verdict);
  std::optional<refusal> no;
  if (yes) {
    const result<hello_answer> answer = self->accept(greeting, *yes);
    if (answer)
      self->replace(wire, greeting, *answer);
    else
      no = refusal{refusal_code::blocked, answer.error().text, {}};
  } else {
    no = std::get<refusal>(verdict);
  }
  if (!no) co_return self->refusals_.forget(wire->peer());
  self->refusals_.warn("link: " + wire->peer() + " was refused as primary of member " +
                           greeting.member + ": " + no->reason,
                       wire->peer(), log_event::link_refused, self->subject());
  // One that was taken over here has no link to tell about.
  if (!self->wire_ && no->code != refusal_code::old_lineage)
    self->owner_.set_link(link_state::refused, no->reason);
  link_message last_word = std::move(*no);
  co_await part(wire, std::move(last_word), self->settings_.farewell);
}

// Everything that the answer promises is durable when this returns.
result<hello_answer> receiver_session::impl::accept(const hello& greeting,
                                                    const hello_accepted& how) {
  journal& log = owner_.log();
  if (const auto failed = log.failure()) return fail(EIO, *failed);
  const sequence had = log.assigned();
  auto* const side = owner_.arrivals();
  if (!side) return fail(EROFS, std::string("this side is ") + name_of(owner_.role()));
  if (how.adopt_volumes) CAIRN_TRY(side->adopt_volumes(greeting.volumes));
  if (how.learn_lineages || how.learn_starts) CAIRN_TRY(side->follow(greeting, how.keep_to));
  CAIRN_TRY(log.sync());
  side->stored_advanced();
  if (how.keep_to < had)
    log_notice("member " + greeting.member + ": " + std::to_string(had.value - how.keep_to.value) +
                   " records that the primary lost at a restart were cut behind record " +
                   std::to_string(how.keep_to.value),
               log_event::none, subject());
  return hello_answer{how.version, maker_of_last(log), log.assigned(), log.durable()};
}

void receiver_session::impl::replace(wire_end wire, const hello& greeting,
                                     const hello_answer& answer) {
  if (wire_) end("replaced by a newer connection");
  wire_ = wire;
  decides_.emplace(greeting, answer.last);
  told_ = decides_->progress({}, {});
  owner_.set_link(link_state::connected, "");
  asio::co_spawn(io_, listen(this, wire), rethrow);
  asio::co_spawn(io_, speak(this, wire, encode(link_message(answer))), rethrow);
}

void receiver_session::impl::end(const std::string& why) {
  wire_->close();
  wire_.reset();
  decides_.reset();
  owner_.set_link(link_state::connecting, why);
  say_progress();  // so that speak() sees the end
}

void receiver_session::impl::on_synced() {
  if (auto* const side = owner_.arrivals()) side->stored_advanced();
  if (!decides_) return;
  decides_->on_stored(owner_.log().durable());
  say_progress();
}

asio::awaitable<void> receiver_session::impl::listen(impl* self, wire_end wire) {
  while (self->current(wire)) {
    const result<link_message> message = co_await wire->read_link(self->settings_.silence);
    if (!self->current(wire)) break;
    if (!message) {
      self->end(message.error().text);
      break;
    }
    std::optional<link_message> last_word = self->obey(*message);
    if (!last_word) continue;
    // The connection is nobody's any more, but lives until the peer has read why.
    const wire_end parting = std::exchange(self->wire_, nullptr);
    self->decides_.reset();
    self->say_progress();
    link_message said = std::move(*last_word);
    co_await part(parting, std::move(said), self->settings_.farewell);
    break;
  }
}

// I8: a primary whose connection was there before the takeover is told by its next message, be it
// a heartbeat.
std::optional<link_message> receiver_session::impl::taken_over() {
  const member_state state = owner_.log().state();
  if (state.role == member_role::secondary) return {};
  owner_.set_link(link_state::disconnected, "this side was taken over and is primary");
  return refusal{refusal_code::old_lineage,
                 "member " + owner_.config().name + " was taken over at the other site",
                 state.lineages};
}

// The last word to the primary, where the message ends the connection.
std::optional<link_message> receiver_session::impl::obey(const link_message& m) {
  if (auto no = taken_over()) return no;
  if (const auto* s = std::get_if<stretch>(&m)) return obey(*s);
  if (std::holds_alternative<link_heartbeat>(m)) return {};
  owner_.set_link(link_state::refused, "the primary sent a message that it has no use for");
  return refusal{
      refusal_code::protocol, "a message that only a secondary sends, or a second HELLO", {}};
}

std::optional<link_message> receiver_session::impl::obey(const stretch& s) {
  const stretch_verdict verdict = decides_->on_stretch(s);
  if (const auto* damage = std::get_if<link_damage>(&verdict)) {
    owner_.set_link(link_state::connecting, "record " + std::to_string(damage->at.value) +
                                                " arrived damaged: " + damage->what);
    return *damage;
  }
  if (const auto* refused = std::get_if<stretch_refused>(&verdict)) {
    owner_.set_link(link_state::refused, refused->why);
    return refusal{refusal_code::protocol, refused->why, {}};
  }
  const auto records = for_journal(std::get<std::vector<arrived_record>>(verdict));
  if (records.empty()) return {};
  auto* const side = owner_.arrivals();
  if (!side) return taken_over();
  if (auto done = side->append_received(records); !done) {
    owner_.set_link(link_state::refused, "can't store: " + done.error().text);
    return refusal{refusal_code::blocked, done.error().text, {}};
  }
  decides_->on_appended(records.back().what.seq);
  const auto is_seal = [](const received_record& r) { return r.what.kind == record_kind::seal; };
  syncs_.want(std::any_of(records.begin(), records.end(), is_seal));
  say_progress();
  return {};
}

asio::awaitable<void> receiver_session::impl::speak(impl* self, wire_end wire, bytes first) {
  result<void> sent = co_await wire->write(std::move(first), self->settings_.silence);
  while (sent && self->current(wire)) {
    const member_state state = self->owner_.log().state();
    const link_progress now = self->decides_->progress(state.target, state.target_sequence);
    if (now == self->told_) {
      self->something_to_tell_.expires_after(self->settings_.heartbeat);
      std::error_code woken;
      co_await self->something_to_tell_.async_wait(
          asio::redirect_error(asio::use_awaitable, woken));
      if (!self->current(wire)) break;
      const bool changed = bool(woken);
      if (changed) continue;
    }
    self->told_ = now;
    bytes frame = encode(link_message(now));
    sent = co_await wire->write(std::move(frame), self->settings_.silence);
  }
  if (!sent && self->current(wire)) self->end(sent.error().text);
}

receiver_session::receiver_session(member& owner, const receiver_settings& settings)
    : impl_(std::make_unique<impl>(owner, settings)) {}
receiver_session::~receiver_session() { stop(); }
void receiver_session::start() { impl_->start(); }
void receiver_session::stop() { impl_->stop(); }
member& receiver_session::owner() const { return impl_->owner(); }
void receiver_session::take_over(int descriptor, hello greeting) {
  impl_->take_over(descriptor, std::move(greeting));
}

}  // namespace cairn
