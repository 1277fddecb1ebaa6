// cairn-coordinator: one coordinator, primary or secondary, with its page and API.
//
// SIGTERM and SIGINT end it orderly, SIGHUP lets it read its configuration again. Exit codes: 0
// done; 1 failed; 2 wrong usage or configuration.
#include <fmt/format.h>

#include <csignal>

#include "base/log.h"
#include "base/service_notify.h"
#include "base/service_watch.h"
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

// Blocked before any thread exists, so that only obey_signals() takes them.
sigset_t block_signals() {
  sigset_t ours;
  sigemptyset(&ours);
  for (const int each : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&ours, each);
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return ours;
}

// A configuration with errors changes nothing.
void reload(coordinator& it, const std::string& file) {
  service::reloading();
  if (const auto now = read_coordinator_config(file))
    it.reload(*now);
  else
    log_error("the configuration is not taken: " + now.error().text,
              log_event::configuration_refused);
  service::ready();
}

// Returns when the process is to end.
void obey_signals(const sigset_t& ours, coordinator& it, const std::string& file) {
  for (int caught = 0;;) {
    sigwait(&ours, &caught);
    if (caught != SIGHUP) return;
    reload(it, file);
  }
}

int serve(const coordinator_config& config) {
  set_log_identifier("cairn-coordinator");
  set_log_level(log_level_named(config.log_level));
  const sigset_t ours = block_signals();
  if (config.delay_mark)
    log_warning("[testing] delay_mark: MARK to " + config.delay_mark->first + " is late by " +
                    std::to_string(config.delay_mark->second.count()) + " ms",
                log_event::testing_switch);
  auto opened = coordinator::open(posix_disk(), config, system_random());
  if (!opened) return complain(exit_failed, opened.error().text);
  coordinator& it = **opened;
  http_server server(it, config.http, config.command_socket);
  it.start();
  if (const auto started = server.start(); !started) {
    it.stop();
    return complain(exit_failed, started.error().text);
  }
  const log_subject about{config.group, {}, {}};
  log_notice(
      fmt::format("the {} coordinator of group {} runs: http://{}/",
                  config.primary ? "primary" : "secondary", config.group, config.http.text()),
      log_event::coordinator_started, about);
  service_watch telling([&it] { return it.verdict(); });
  service::ready();
  obey_signals(ours, it, config.file);
  telling.stopping();
  server.stop();
  it.stop();
  log_notice("coordinator " + config.name + " has stopped", log_event::coordinator_stopped, about);
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
