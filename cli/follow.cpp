#include "cli/follow.h"

#include <nlohmann/json.hpp>
#include <thread>

namespace cairn {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds first_pause{5};
constexpr std::chrono::milliseconds longest_pause{200};

exit_code code_of_failure(const std::string& kind) {
  if (kind == "not_found") return exit_code::not_found;
  if (kind == "refused") return exit_code::refused;
  if (kind == "unreachable") return exit_code::unreachable;
  return exit_code::failed;
}

followed ended(const json& operation, std::string body) {
  if (operation.value("state", "") == "done") return {exit_code::done, std::move(body)};
  const auto code = code_of_failure(operation.value("failure", "failed"));
  return {complain(code, operation.value("sentence", "it failed")), std::move(body)};
}

followed out_of_time(const common_options& common, const json& operation, std::string body) {
  return {
      complain(exit_code::unreachable, "not done within " + std::to_string(common.timeout_s) +
                                           " s; it goes on: " + operation.value("sentence", "")),
      std::move(body)};
}

followed follow(const common_options& common, std::string body) {
  const unix_client client(common.socket);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(common.timeout_s);
  for (auto pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
    const auto operation = json::parse(body);
    if (operation.value("state", "") != "running") return ended(operation, std::move(body));
    if (std::chrono::steady_clock::now() > end) {
      return out_of_time(common, operation, std::move(body));
    }
    std::this_thread::sleep_for(pause);
    const auto id = std::to_string(operation.value("id", std::uint64_t{0}));
    auto answer = client.get("/api/v1/operations/" + id);
    if (!answer) return {unreachable(answer.error()), std::move(body)};
    if (answer->status != 200) return {complain_problem(*answer), std::move(body)};
    body = std::move(answer->body);
  }
}

}  // namespace

followed post(const common_options& common, const std::string& target, const std::string& json) {
  auto answer = unix_client(common.socket).post(target, json);
  if (!answer) return {unreachable(answer.error()), ""};
  if (answer->status != 202) return {complain_problem(*answer), ""};
  if (const auto why = schema_problem(answer->body, "cairn.operation/1"); !why.empty())
    return {complain(exit_code::failed, why), ""};
  return {exit_code::done, std::move(answer->body)};
}

followed post_and_follow(const common_options& common, const std::string& target,
                         const std::string& json) {
  auto begun = post(common, target, json);
  if (begun.code != exit_code::done) return begun;
  return follow(common, std::move(begun.body));
}

}  // namespace cairn
