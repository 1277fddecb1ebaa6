#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "base/systemd_journal.h"

namespace cairn {
namespace {

std::atomic<log_level> least{log_level::notice};

spdlog::level::level_enum to_spdlog(log_level level) {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::notice:
      return spdlog::level::info;
    case log_level::warning:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
    case log_level::none:
      break;
  }
  return spdlog::level::off;
}

spdlog::logger& text_lines() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("cairn",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l: %v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

// Never destroyed: threads may outlast what is static.
journal_socket& journal() {
  static auto* const instance = new journal_socket;
  return *instance;
}

std::string& identifier() {
  static std::string program = "cairn";
  return program;
}

}  // namespace

void log(log_level level, const std::string& sentence, log_event what, const log_subject& about) {
  if (level == log_level::none || level < least.load()) return;
  static const bool to_journal = stderr_is_journal();
  if (to_journal && journal().send(journal_fields(identifier(), level, sentence, what, about)))
    return;
  text_lines().log(to_spdlog(level), sentence);
}

void set_log_level(log_level now) { least = now; }

log_level log_level_named(const std::string& name) {
  if (name == "debug") return log_level::debug;
  if (name == "warning") return log_level::warning;
  return name == "error" ? log_level::error : log_level::notice;
}

void set_log_identifier(const std::string& program) { identifier() = program; }

}  // namespace cairn
