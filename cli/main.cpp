// cairn: what a group does, and what people may ask of it. Talks to the coordinator of this site.
#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <functional>

#include "cli/command.h"
#include "cli/version.h"

namespace {

using namespace cairn;

using command = std::function<exit_code()>;

const char* const exit_codes =
    "Exit codes: 0 done, 1 failed, 2 usage, 3 degraded (status -x), 5 not found,\n"
    "6 refused because data would be lost, 7 unreachable or timed out.";

void add_common(CLI::App& app, common_options& common) {
  app.add_option("--socket", common.socket, "the coordinator's command socket")
      ->envname("CAIRN_SOCKET")
      ->capture_default_str();
  app.add_flag("--json", common.json, "one JSON document instead of text");
  app.add_option("--timeout", common.timeout_s, "seconds to wait for an operation")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
}

void add_status(CLI::App& app, const common_options& common, status_options& options,
                command& chosen) {
  auto* status = app.add_subcommand("status", "verdict, lag, members (also without a command)");
  status->add_flag("-x", options.exit_degraded, "end with 3 unless the verdict is fine");
  status->add_flag("--watch", options.watch, "again each second");
  status->callback([&] { chosen = [&] { return show_status(common, options); }; });
}

struct marker_options {
  std::string name;
  bool wait = false;
  std::uint64_t limit = 20;
};

void add_marker(CLI::App& app, const common_options& common, marker_options& options,
                command& chosen) {
  auto* marker = app.add_subcommand("marker", "make markers, list markers")->require_subcommand(1);
  auto* now = marker->add_subcommand("now", "a marker as soon as possible");
  now->add_option("--name", options.name, "a name to find it by");
  now->add_flag("--wait", options.wait, "until its outcome is known at every member");
  now->callback([&] { chosen = [&] { return marker_now(common, options.name, options.wait); }; });
  auto* list = marker->add_subcommand("list", "the newest markers");
  list->add_option("--limit", options.limit, "how many")->check(CLI::Range(1, 1000));
  list->callback([&] { chosen = [&] { return list_markers(common, options.limit); }; });
}

void add_mount_help(CLI::App& app, const common_options& common, std::string& volume,
                    command& chosen) {
  auto* help = app.add_subcommand("mount-help", "the commands by which hosts reach a volume");
  help->add_option("VOLUME", volume, "the volume's name")->required();
  help->callback([&] { chosen = [&] { return show_mount_help(common, volume); }; });
}

CLI::Validator is_marker_number() {
  return {[](std::string& text) {
            std::uint64_t n = 0;
            return CLI::detail::lexical_cast(text, n) && n > 0 && text[0] != '-'
                       ? std::string()
                       : "\"" + text + "\" is not a marker's number";
          },
          "N"};
}

void add_takeover(CLI::App& app, const common_options& common, takeover_options& options,
                  command& chosen) {
  auto* takeover = app.add_subcommand("takeover", "bring the group up at this site");
  takeover->add_option("GROUP", options.group, "the group's name")->required();
  takeover->add_option("--at", options.at, "a marker's number; the newest common one otherwise")
      ->check(is_marker_number());
  takeover->add_flag("--dry-run", options.dry_run, "show the plan only");
  auto* confirm = takeover->add_option("--confirm", options.confirm, "the group's name once more");
  takeover->add_flag("--yes", options.yes, "do not ask for the name")->excludes(confirm);
  takeover->callback([&] { chosen = [&] { return take_over(common, options); }; });
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_DFL);
  CLI::App app("Cairn: replicating storage gateways, consistent across a group.", "cairn");
  app.footer(exit_codes);
  app.set_version_flag("--version", version_text());
  app.fallthrough();
  app.require_subcommand(0, 1);

  common_options common;
  status_options status;
  marker_options marker;
  std::string volume;
  takeover_options takeover;
  command chosen = [&] { return show_status(common, status); };
  add_common(app, common);
  add_status(app, common, status, chosen);
  add_marker(app, common, marker, chosen);
  add_mount_help(app, common, volume, chosen);
  add_takeover(app, common, takeover, chosen);
  try {
    app.parse(count, words);
    return static_cast<int>(chosen());
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : static_cast<int>(exit_code::usage);
  } catch (const std::exception& e) {
    return static_cast<int>(complain(
        exit_code::failed, std::string("the coordinator's answer is not understood: ") + e.what()));
  }
}
