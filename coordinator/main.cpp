// cairn-coordinator: one coordinator, primary or secondary, with its page and API.
//
// SIGTERM and SIGINT end it orderly. Exit codes: 0 done; 1 failed; 2 wrong usage or configuration.
#include <fmt/format.h>

#include <csignal>

#include "base/log.h"
#include "base/version.h"
#include "config/program_options.h"
#include "coordinator/coordinator.h"
#include "storage/posix_disk.h"
#include "webui/server.h"

namespace cairn {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

int complain(int code, const std::string& text) {
  fmt::print(stderr, "{}\n", text);
  return code;
}

log_level level_named(const std::string& name) {
  if (name == "debug") return log_level::debug;
  if (name == "warning") return log_level::warning;
  if (name == "error") return log_level::error;
  return log_level::notice;
}

// Blocked before any thread exists, so that only wait_for_end() takes them.
sigset_t block_signals() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return ends;
}

void wait_for_end(const sigset_t& ends) {
  int caught = 0;
  sigwait(&ends, &caught);
}

int serve(const coordinator_config& config) {
  set_log_level(level_named(config.log_level));
  const sigset_t ends = block_signals();
  if (config.delay_mark)
    log_warning("[testing] delay_mark: MARK to " + config.delay_mark->first + " is late by " +
                std::to_string(config.delay_mark->second.count()) + " ms");
  auto opened = coordinator::open(posix_disk(), config, system_random());
  if (!opened) return complain(exit_failed, opened.error().text);
  coordinator& it = **opened;
  http_server server(it, config.http, config.command_socket);
  it.start();
  if (const auto started = server.start(); !started) {
    it.stop();
    return complain(exit_failed, started.error().text);
  }
  log_notice(fmt::format("the {} coordinator of group {} runs: http://{}/",
                         config.primary ? "primary" : "secondary", config.group,
                         config.http.text()));
  wait_for_end(ends);
  server.stop();
  it.stop();
  log_notice("coordinator " + config.name + " has stopped");
  return 0;
}

int run(const std::string& file, bool check_only) {
  const auto config = read_coordinator_config(file);
  if (!config) return complain(exit_usage, config.error().text);
  if (!check_only) return serve(*config);
  fmt::print("{}: good\n", file);
  return 0;
}

}  // namespace
}  // namespace cairn

int main(int count, char** arguments) {
  CLI::App app(cairn::coordinator_program().sentence, cairn::coordinator_program().name);
  cairn::program_options options;
  cairn::add_program_options(app, "cairn-coordinator " + cairn::version_text(), options);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : cairn::exit_usage;
  }
  return cairn::run(options.file, options.check_only);
}
