#include "cli/command.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/humanise.h"

namespace cairn {
namespace {

exit_code code_of(unsigned status) {
  return status == 404 ? exit_code::not_found : exit_code::failed;
}

// Where several coordinators run on one machine, none has the default socket.
std::string other_sockets() {
  std::string found;
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator("/run/cairn", unreadable)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("coordinator-") && name.ends_with(".sock"))
      found += (found.empty() ? "; here are " : ", ") + entry.path().string();
  }
  return found;
}

}  // namespace

exit_code complain(exit_code code, const std::string& sentence) {
  std::istringstream lines(sentence);
  for (std::string line; std::getline(lines, line);)
    std::fprintf(stderr, "cairn: %s\n", printable(line).c_str());
  return code;
}

exit_code unreachable(const error& why) {
  complain(exit_code::unreachable, why.text);
  const bool not_there = why.code == ENOENT || why.code == ECONNREFUSED;
  if (not_there) {
    complain(exit_code::unreachable,
             "is the coordinator running? --socket or CAIRN_SOCKET says where" + other_sockets());
  }
  if (why.code == EACCES)
    complain(exit_code::unreachable, "only the coordinator's user may do this");
  return exit_code::unreachable;
}

exit_code complain_problem(const http_response& answer) {
  const auto problem = nlohmann::json::parse(answer.body, nullptr, false);
  if (!problem.is_object() || !problem.contains("detail")) {
    return complain(exit_code::failed, "the coordinator answered " + std::to_string(answer.status));
  }
  complain(exit_code::failed, problem.value("detail", ""));
  if (problem.contains("hint")) complain(exit_code::failed, problem.value("hint", ""));
  return code_of(answer.status);
}

std::string schema_problem(const std::string& document, const std::string& known) {
  const auto parsed = nlohmann::json::parse(document, nullptr, false);
  const bool named =
      parsed.is_object() && parsed.contains("schema") && parsed.at("schema").is_string();
  const std::string found = named ? parsed.at("schema") : "";
  if (found == known) return {};
  return "the coordinator answers in " + (found.empty() ? "no known schema" : found) +
         ", this command reads " + known + "; use the one of the coordinator's version";
}

}  // namespace cairn
