#include "cli/command_line.h"

#include <exception>

#include "base/version.h"

namespace cairn {
namespace {

const char* const exit_codes =
    "Exit codes: 0 done, 1 failed, 2 usage, 3 degraded (status -x), 5 not found,\n"
    "6 refused because data would be lost, 7 unreachable or timed out.";

CLI::Validator is_marker_number() {
  return {[](std::string& text) {
            std::uint64_t n = 0;
            return CLI::detail::lexical_cast(text, n) && n > 0 && text[0] != '-'
                       ? std::string()
                       : "\"" + text + "\" is not a marker's number";
          },
          ""};
}

}  // namespace

command_line::command_line()
    : app_("Looks after replicated volumes and takes them over.", "cairn") {
  app_.footer(exit_codes);
  app_.set_help_flag("-h,--help", "show this help and end");
  app_.set_version_flag("--version", "cairn " + version_text(), "show the version and end");
  app_.fallthrough();
  app_.require_subcommand(0, 1);
  chosen_ = [&] { return show_status(common_, status_); };
  add_common();
  add_status();
  add_marker();
  add_mount_help();
  add_takeover();
  add_doctor();
  add_config();
}

void command_line::add_common() {
  app_.add_option("--socket", common_.socket, "the coordinator's command socket")
      ->envname("CAIRN_SOCKET")
      ->type_name("PATH")
      ->capture_default_str();
  app_.add_flag("--json", common_.json, "one JSON document instead of text");
  app_.add_option("--timeout", common_.timeout_s, "seconds to wait for an operation")
      ->check(CLI::Range(1, 86400))
      ->type_name("SECONDS")
      ->capture_default_str();
}

void command_line::add_status() {
  auto* status = app_.add_subcommand("status", "verdict, lag, members (also without a command)");
  status->add_flag("-x", status_.exit_degraded, "end with 3 unless the verdict is fine");
  status->add_flag("--watch", status_.watch, "again each second");
  status->callback([&] { chosen_ = [&] { return show_status(common_, status_); }; });
}

void command_line::add_marker() {
  auto* marker = app_.add_subcommand("marker", "make markers, list markers")->require_subcommand(1);
  auto* now = marker->add_subcommand("now", "a marker as soon as possible");
  now->add_option("--name", marker_.name, "a name to find it by")->type_name("NAME");
  now->add_flag("--wait", marker_.wait, "until its outcome is known at every member");
  now->callback([&] { chosen_ = [&] { return marker_now(common_, marker_.name, marker_.wait); }; });
  auto* list = marker->add_subcommand("list", "the newest markers");
  list->add_option("--limit", marker_.limit, "how many")
      ->check(CLI::Range(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  list->callback([&] { chosen_ = [&] { return list_markers(common_, marker_.limit); }; });
}

void command_line::add_mount_help() {
  auto* help = app_.add_subcommand("mount-help", "the commands by which hosts reach a volume");
  help->add_option("VOLUME", volume_, "the volume's name")->required()->type_name("");
  help->callback([&] { chosen_ = [&] { return show_mount_help(common_, volume_); }; });
}

void command_line::add_takeover() {
  auto* takeover = app_.add_subcommand("takeover", "bring the group up at this site");
  takeover->add_option("GROUP", takeover_.group, "the group's name")->required()->type_name("");
  takeover->add_option("--at", takeover_.at, "a marker's number; the newest common one otherwise")
      ->check(is_marker_number())
      ->type_name("N");
  takeover->add_flag("--dry-run", takeover_.dry_run, "show the plan only");
  auto* confirm = takeover->add_option("--confirm", takeover_.confirm, "the group's name once more")
                      ->type_name("GROUP");
  takeover->add_flag("--yes", takeover_.yes, "do not ask for the name")->excludes(confirm);
  takeover->callback([&] { chosen_ = [&] { return take_over(common_, takeover_); }; });
}

void command_line::add_doctor() {
  auto* doctor = app_.add_subcommand("doctor", "what is wrong on this machine, and what to do");
  doctor->add_option("--gateway", doctor_.gateways, "a gateway's configuration; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  doctor
      ->add_option("--coordinator", doctor_.coordinators,
                   "a coordinator's configuration; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  doctor->add_option("--directory", doctor_.directory, "where configurations are, unless named")
      ->type_name("DIRECTORY")
      ->capture_default_str();
  doctor->callback([&] { chosen_ = [&] { return call_doctor(common_, doctor_); }; });
}

void command_line::add_config() {
  auto* config = app_.add_subcommand("config", "write, check and show configuration files")
                     ->require_subcommand(1);
  add_config_init(*config);
  auto* check = config->add_subcommand("check", "whether files are good, with all their errors");
  check->add_option("FILE", files_, "a gateway's or a coordinator's configuration")
      ->required()
      ->type_name("");
  check->callback([&] { chosen_ = [&] { return check_config_files(common_, files_); }; });
  auto* show = config->add_subcommand("show", "effective values, and where each came from");
  show->add_option("FILE", files_, "configurations; otherwise those in /etc/cairn")->type_name("");
  show->callback([&] { chosen_ = [&] { return show_config_files(common_, files_); }; });
}

void command_line::add_config_init(CLI::App& config) {
  auto* init = config.add_subcommand("init", "write the first configuration of a machine");
  auto& setup = first_.setup;
  init->add_option("--role", first_.role, "what this machine is to be; both: both sides, to try it")
      ->required()
      ->check(CLI::IsMember({"primary", "secondary", "both"}));
  init->add_option("--group", setup.group, "the consistency group's name, the same at both sites")
      ->required()
      ->type_name("GROUP");
  init->add_option("--member", setup.member, "this member's name, the same at both sites")
      ->required()
      ->type_name("MEMBER");
  init->add_option("--volume", first_.volumes,
                   "a volume and its backing file, or NAME=DEVICE; may be repeated")
      ->required()
      ->type_name("NAME=PATH:SIZE")
      ->allow_extra_args(false);
  init->add_option("--listen", setup.listen, "this machine's address for hosts and its peer")
      ->type_name("ADDRESS")
      ->capture_default_str();
  init->add_option("--peer", setup.peer, "of a primary: the secondary's --listen")
      ->type_name("ADDRESS");
  init->add_option("--journal-size", setup.journal_size, "the most that the journal takes (16GiB)")
      ->type_name("SIZE");
  init->add_flag("--iscsi", setup.iscsi, "export over iSCSI, too");
  init->add_option("--directory", setup.directory, "where the files go")
      ->type_name("DIRECTORY")
      ->capture_default_str();
  init->callback([&] { chosen_ = [&] { return write_first_config(common_, first_); }; });
}

int command_line::run(int count, char** words) {
  try {
    app_.parse(count, words);
    return static_cast<int>(chosen_());
  } catch (const CLI::ParseError& e) {
    return app_.exit(e) == 0 ? 0 : static_cast<int>(exit_code::usage);
  } catch (const std::exception& e) {
    return static_cast<int>(complain(
        exit_code::failed, std::string("the coordinator's answer is not understood: ") + e.what()));
  }
}

}  // namespace cairn
