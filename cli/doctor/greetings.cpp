#include "cli/doctor/greetings.h"

#include <asio/co_spawn.hpp>
#include <cerrno>
#include <exception>

#include "net/framed_connection.h"

// g++ 12 inlines one half of a coroutine frame's new and delete and takes the rest for a mismatch.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace cairn::doctor {
namespace {

constexpr milliseconds limit(3'000);
constexpr std::chrono::seconds together(5);
// The space keeps it apart from every name that a configuration may give.
constexpr const char* own_name = "cairn doctor";

using connection = std::unique_ptr<framed_connection>;

error silent(const endpoint& at) {
  return {ETIMEDOUT,
          at.text() + " did not answer within " + std::to_string(together.count()) + " s"};
}

// One question, one answer.
asio::awaitable<result<control_message>> exchange(framed_connection& peer, bytes question) {
  const result<void> asked = co_await peer.write(std::move(question), limit);
  if (!asked) co_return fail(asked.error());
  co_return co_await peer.read_control(limit);
}

result<member_answer> answer_of(const endpoint& at, const result<control_message>& welcome,
                                const result<control_message>& told) {
  if (!welcome) return fail(welcome.error());
  if (const auto* no = std::get_if<control_refusal>(&*welcome))
    return fail(EPERM, at.text() + " answers: " + no->reason);
  const auto* is = std::get_if<member_hello>(&*welcome);
  const auto* status = told ? std::get_if<member_status>(&*told) : nullptr;
  if (is == nullptr || status == nullptr) return fail(EPROTO, at.text() + " gives no status");
  return member_answer{is->role, *status};
}

asio::awaitable<void> ask(endpoint at, const coordinator_hello* own, result<member_answer>* out) {
  result<connection> wire = co_await connect_to(at.host, at.port, limit);
  if (!wire) {
    *out = fail(wire.error());
    co_return;
  }
  bytes greeting = encode(control_message(*own));
  bytes question = encode(control_message(status_request{}));
  const auto welcome = co_await exchange(**wire, std::move(greeting));
  const auto told = co_await exchange(**wire, std::move(question));
  *out = answer_of(at, welcome, told);
}

result<void> verdict(const endpoint& at, const result<link_message>& answer) {
  if (!answer) return fail(answer.error());
  if (std::get_if<refusal>(&*answer) != nullptr) return {};
  return fail(EPROTO, at.text() + " answers what no secondary does");
}

asio::awaitable<void> greet(endpoint at, result<void>* out) {
  result<connection> wire = co_await connect_to(at.host, at.port, limit);
  if (!wire) {
    *out = fail(wire.error());
    co_return;
  }
  hello nobody;
  nobody.group = nobody.member = own_name;
  bytes greeting = encode(link_message(nobody));
  const result<void> greeted = co_await (*wire)->write(std::move(greeting), limit);
  const result<link_message> answer = co_await (*wire)->read_link(limit);
  *out = greeted ? verdict(at, answer) : greeted;
}

void rethrow(std::exception_ptr trouble) {
  if (trouble) std::rethrow_exception(trouble);
}

}  // namespace

endpoint reachable(endpoint at) {
  if (at.host == "0.0.0.0") at.host = "127.0.0.1";
  if (at.host == "::") at.host = "::1";
  return at;
}

result<member_answer> ask_control(const endpoint& at, const std::string& group,
                                  const std::string& member) {
  result<member_answer> out = fail(silent(at));
  const coordinator_hello own{control_version, group, member, own_name};
  asio::io_context io;  // last: what is suspended in it uses the two
  asio::co_spawn(io, ask(reachable(at), &own, &out), rethrow);
  io.run_for(together);
  return out;
}

result<void> greet_link(const endpoint& at) {
  result<void> out = fail(silent(at));
  asio::io_context io;
  asio::co_spawn(io, greet(reachable(at), &out), rethrow);
  io.run_for(together);
  return out;
}

}  // namespace cairn::doctor
