#include "packaging/docgen/manual_text.h"

#include <cstdio>
#include <cstdlib>
#include <map>

namespace cairn::docgen {

namespace {

const std::map<std::string, page_text>& texts_by_page() {
  static const std::map<std::string, page_text> texts{
      {"cairn",
       {{"Shows what a consistency group of replicated volumes does, and asks for markers and "
         "takeovers. It talks to the coordinator of this site over its Unix socket, so it runs on "
         "the coordinator's machine, as root or as the coordinator's user.",
         "Without a command it shows the status. Data goes to standard output, messages to "
         "standard error. There is colour only on a terminal, and none with `NO_COLOR` set."},
        {{"How the group is", "cairn"}, {"The same for a program", "cairn status --json"}}}},
      {"cairn status",
       {{"Shows one sentence on how the group is, the age of its newest marker, and each member "
         "with its link, its copy and what is on its way.",
         "`RPO now` is what would be lost if the primary site were lost at this moment. It grows "
         "by "
         "itself when anything stops, and the member that holds the group back is named."},
        {{"For a script that wants to know whether all is well", "cairn status -x"}}}},
      {"cairn marker",
       {{"A marker is a numbered point in the journals of all members, made at one logical "
         "instant: "
         "the volumes of the group can be brought up exactly there at the other site."},
        {{"The newest markers", "cairn marker list"}}}},
      {"cairn marker now",
       {{"Asks the primary coordinator for a marker at once, beside those that it makes by itself. "
         "With `--wait` the command ends when the marker is sealed at every member, with 0, or "
         "void, "
         "with 1."},
        {{"A marker before something risky", "cairn marker now --name before-upgrade --wait"}}}},
      {"cairn marker list",
       {{"Lists markers, the newest first, with their outcome, how far they are at the other site "
         "and how long acknowledgements were withheld for them."},
        {{"The five newest", "cairn marker list --limit 5"}}}},
      {"cairn mount-help",
       {{"Prints the commands by which a host reaches a volume: for open-iscsi, QEMU, libiscsi, "
         "nbd-client and nbdfuse, with the addresses of the gateway. All else is comments, so the "
         "output may be kept as a script to pick from. No secret is printed."},
        {{"How to mount the volume m1-v1", "cairn mount-help m1-v1"}}}},
      {"cairn takeover",
       {{"Brings the group up at this site, at the newest marker that every member holds here. All "
         "volumes are then as if they had lost power at one instant. What was written behind the "
         "marker is set aside in the journals. It is a command of the secondary coordinator.",
         "It always looks first. Without `--confirm` or `--yes` it prints the plan, changes "
         "nothing "
         "and ends with 2. `--timeout` bounds the wait and not the takeover: one that has begun "
         "goes "
         "on, and asking again joins it."},
        {{"What would be chosen, and what would not be included", "cairn takeover lab --dry-run"},
         {"Take over", "cairn takeover lab --confirm lab"}}}},
      {"cairn doctor",
       {{"Looks at the configurations of this machine, at the machine and at what runs: file "
         "modes, "
         "disks and their room, addresses, versions, limits, the clock, the peer. It asks for each "
         "volume as a host would, by libnbd and libiscsi, and writes to none. Each finding is a "
         "sentence, `ok`, a `warning` or a `problem`, with what to do.",
         "It needs no coordinator, takes a second, and may be run while hosts write. As root it "
         "sees all; as another user it tells what it could not see. Without files it takes "
         "`gateway.toml`, `gateway-NAME.toml`, `coordinator.toml` and `coordinator-NAME.toml` of "
         "the directory. It ends with 1 when there is a problem; a warning alone is 0."},
        {{"All of this machine", "cairn doctor"},
         {"One gateway", "cairn doctor --gateway /etc/cairn/gateway.toml"}}}},
      {"cairn config",
       {{"Works on the files that `cairn-gateway` and `cairn-coordinator` read. Nothing here needs "
         "a running coordinator."},
        {{"The effective configuration of this machine", "cairn config show"}}}},
      {"cairn config init",
       {{"Writes a gateway's and a coordinator's configuration for this machine, with everything "
         "that may be said in them and a sentence each; what was not chosen stands there as a "
         "comment. Files that exist are never touched: if one of them is there, nothing is "
         "written.",
         "`--listen` is the address of this machine that hosts and the other site use. Addresses "
         "beyond loopback bring `insecure = true` into the file, because links carry no TLS yet: "
         "use "
         "a network of your own.",
         "With `--role both` it writes two gateways and two coordinators on two loopback "
         "addresses, "
         "to try everything on one machine."},
        {{"A primary whose secondary is 192.0.2.2",
          "cairn config init --role primary --group lab --member m1 --volume "
          "db=/var/lib/cairn/db.img:10GiB --listen 192.0.2.1 --peer 192.0.2.2 --iscsi"},
         {"Both sites on this machine, to try them",
          "cairn config init --role both --group try --member m1 --volume "
          "db=/var/lib/cairn/db.img:1GiB --journal-size 1GiB"}}}},
      {"cairn config check",
       {{"Tells for each file whether it is good. All errors are told at once, a line each, with "
         "file, line and column. Ends with 1 when a file has errors."},
        {{"Before a restart", "cairn config check /etc/cairn/gateway.toml"}}}},
      {"cairn config show",
       {{"Prints the effective values of configurations, as TOML that means the same, each with "
         "the "
         "place that it comes from: a file and its line, or the default. Secrets are in files of "
         "their own and are not shown."},
        {{"One file", "cairn config show /etc/cairn/gateway.toml"}}}},
      {"cairn-gateway",
       {{"Serves the volumes of its configuration to hosts, journals each write, and copies the "
         "journal to a gateway at the other site, or receives such a copy. It becomes `nbdkit` "
         "with "
         "Cairn's plugin, under the same process id.",
         "As a service it is `cairn-gateway.service` with `/etc/cairn/gateway.toml`, or "
         "`cairn-gateway@NAME.service` with `/etc/cairn/gateway-NAME.toml` for several on one "
         "machine. A package upgrade does not restart it: hosts go on with the old version until "
         "you restart the service.",
         "`SIGHUP` makes it read its configuration again: volumes that are larger there grow, what "
         "else has changed takes a restart, and the log says so. `SIGTERM` ends it in order."},
        {{"Whether the configuration is good",
          "cairn-gateway --config /etc/cairn/gateway.toml --check-config"}}}},
      {"cairn-coordinator",
       {{"One runs at each site for a group. At the primary site it makes markers, at the other "
         "one "
         "it selects and applies them, and takes over when it is told to. Both serve a page and an "
         "API, for reading, at `[http] listen`, and take commands at their Unix socket. Without it "
         "hosts are served and journals are copied all the same; there are only no new markers.",
         "As a service it is `cairn-coordinator.service` with `/etc/cairn/coordinator.toml`, or "
         "`cairn-coordinator@NAME.service` with `/etc/cairn/coordinator-NAME.toml`. `SIGTERM` ends "
         "it "
         "in order."},
        {{"Whether the configuration is good",
          "cairn-coordinator --config /etc/cairn/coordinator.toml --check-config"}}}},
      {"cairn-gateway.toml",
       {{"The configuration of `cairn-gateway` in TOML. Keys that are not listed here are errors, "
         "and "
         "so are missing units. A size is a whole number with B, KiB, MiB, GiB or TiB, a multiple "
         "of "
         "512 bytes. An address is IP:PORT; names are not looked up. Paths are absolute. Names "
         "consist of at most 64 of the characters a-z A-Z 0-9 . _ -.",
         "`conf.d/*.toml` in the file's directory is read after it, in the order of the names: "
         "tables "
         "are merged key by key, and a key given twice is an error. Snippets that are called "
         "`coordinator-….toml` are left alone."},
        {}}},
      {"cairn-coordinator.toml",
       {{"The configuration of `cairn-coordinator` in TOML. Keys that are not listed here are "
         "errors, "
         "and so are missing units. A time is a whole number with ms, s, m or h. An address is "
         "IP:PORT; names are not looked up. Paths are absolute.",
         "`conf.d/*.toml` in the file's directory is read after it, in the order of the names: "
         "tables "
         "are merged key by key, and a key given twice is an error. Snippets that are called "
         "`gateway-….toml` are left alone."},
        {}}},
  };
  return texts;
}

}  // namespace

const page_text& text_of(const std::string& page) {
  const auto found = texts_by_page().find(page);
  if (found != texts_by_page().end()) return found->second;
  std::fprintf(stderr, "packaging/docgen/manual_text.cpp has no text for `%s`\n", page.c_str());
  std::exit(1);
}

const std::vector<exit_meaning>& exit_meanings() {
  static const std::vector<exit_meaning> all{
      {0, "done"},
      {1,
       "failed; also a marker that was voided, configurations with errors, and a problem that "
       "`cairn doctor` found"},
      {2, "wrong usage, or a takeover without its confirmation"},
      {3, "`cairn status -x`: the group is not fine"},
      {5, "there is no such group, volume, marker, operation or file"},
      {6, "refused because data would be lost, or the copies do not match"},
      {7, "the coordinator or a gateway does not answer, or the time is up"},
  };
  return all;
}

}  // namespace cairn::docgen
