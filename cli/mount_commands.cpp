// The commands of each client. Words from the gateway are quoted for the shell one by one.
#include <fmt/format.h>

#include <algorithm>

#include "cli/mount_plan.h"

namespace cairn {
namespace {

using kind = export_uri::kind;
using uris = std::vector<export_uri>;

uris of_kind(const uris& all, kind wanted) {
  uris out;
  std::ranges::copy_if(all, std::back_inserter(out),
                       [&](const export_uri& u) { return u.is == wanted; });
  return out;
}

// A comma begins the next option of QEMU; two stand for one.
std::string qemu_value(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == ',' ? std::string(",,") : std::string(1, c);
  return out;
}

std::string node_command(const export_uri& u) {
  return fmt::format("iscsiadm -m node -T {} -p {}", shell_word(u.name), shell_word(u.address()));
}

// As comments: the secrets are the reader's.
std::vector<std::string> chap_lines(const export_uri& u, const std::string& chap) {
  if (chap.empty()) return {};
  std::vector<std::string> lines{
      fmt::format("# The target wants CHAP ({}); before the login:", chap)};
  const auto set = [&](const std::string& key, const std::string& value) {
    lines.push_back(
        fmt::format("#   {} -o update -n node.session.auth.{} -v {}", node_command(u), key, value));
  };
  set("authmethod", "CHAP");
  set("chap_algs", "SHA256,SHA1,MD5");
  set("username", "USER");
  set("password", "SECRET");
  if (chap != "mutual") return lines;
  set("username_in", "MUTUAL_USER");
  set("password_in", "MUTUAL_SECRET");
  return lines;
}

client_commands open_iscsi(const uris& portals, const std::string& chap) {
  client_commands out{"open-iscsi", {}};
  out.lines.push_back(
      "# Where the gateway lists `initiators`, this host's must be among them: "
      "/etc/iscsi/initiatorname.iscsi");
  // Whether discovery wants it, too, the gateway does not tell.
  if (!chap.empty()) {
    out.lines.push_back(
        "# Where the gateway has `discovery_user`: before the discovery set, in "
        "/etc/iscsi/iscsid.conf, discovery.sendtargets.auth.authmethod = CHAP with "
        "discovery.sendtargets.auth.username and discovery.sendtargets.auth.password");
  }
  out.lines.push_back("iscsiadm -m discovery -t sendtargets -p " +
                      shell_word(portals.front().address()));
  if (portals.size() > 1)
    out.lines.push_back("# Several portals are several paths to one disk: run multipathd.");
  for (const auto& u : portals) {
    std::ranges::copy(chap_lines(u, chap), std::back_inserter(out.lines));
    out.lines.push_back(node_command(u) + " --login");
  }
  const auto& first = portals.front();
  out.lines.push_back("ls -l " + shell_word(fmt::format("/dev/disk/by-path/ip-{}-iscsi-{}-lun-0",
                                                        first.address(), first.name)));
  return out;
}

std::string qemu_with_chap(const export_uri& u) {
  return "qemu-system-x86_64 -object secret,id=cairn-chap,file=SECRET_FILE -blockdev " +
         shell_word(fmt::format("driver=iscsi,node-name=cairn,transport=tcp,portal={},target={},"
                                "lun=0,user=USER,password-secret=cairn-chap",
                                qemu_value(u.address()), qemu_value(u.name))) +
         " -device virtio-blk-pci,drive=cairn";
}

client_commands qemu_iscsi(const export_uri& u, const std::string& chap) {
  client_commands out{"QEMU over iSCSI", {}};
  if (chap.empty()) {
    out.lines.push_back(
        "qemu-system-x86_64 -drive " +
        shell_word("file=" + qemu_value(u.text) + ",format=raw,if=virtio,cache=none"));
    return out;
  }
  out.lines.push_back(
      "# CHAP: SECRET_FILE holds the secret alone; QEMU knows MD5 only, so the gateway's `digests` "
      "must list it.");
  if (chap == "mutual") out.lines.push_back("# QEMU does not ask the target for its own proof.");
  out.lines.push_back(qemu_with_chap(u));
  return out;
}

// Not -drive: only so can the wait for a gateway that is started again be asked for.
client_commands qemu_nbd(const export_uri& u, const std::string& volume) {
  const std::string server = u.is == kind::nbd_socket
                                 ? "server.type=unix,server.path=" + qemu_value(u.socket)
                                 : fmt::format("server.type=inet,server.host={},server.port={}",
                                               qemu_value(u.bare_host()), u.port);
  return {u.is == kind::nbd_socket ? "QEMU over NBD, on the gateway's host" : "QEMU over NBD",
          {"qemu-system-x86_64 -blockdev " +
           shell_word(fmt::format("driver=nbd,node-name=cairn,{},export={},reconnect-delay=60",
                                  server, qemu_value(volume))) +
           " -device virtio-blk-pci,drive=cairn"}};
}

client_commands nbd_client(const export_uri& u, const std::string& volume) {
  const std::string where = u.is == kind::nbd_socket ? "-unix " + shell_word(u.socket)
                                                     : shell_word(u.bare_host()) + " " + u.port;
  return {u.is == kind::nbd_socket ? "nbd-client, on the gateway's host" : "nbd-client",
          {"# The kernel gives up on a request after about 30 s; prefer iSCSI.",
           fmt::format("nbd-client {} /dev/nbd0 -name {}", where, shell_word(volume))}};
}

client_commands nbdfuse(const export_uri& u, const std::string& volume) {
  const auto directory = shell_word("/run/cairn-" + volume);
  return {u.is == kind::nbd_socket ? "nbdfuse, on the gateway's host" : "nbdfuse",
          {"mkdir -p " + directory, fmt::format("nbdfuse {} {} &", directory, shell_word(u.text)),
           fmt::format("losetup --find --show {}/nbd", directory)}};
}

client_commands libiscsi(const export_uri& u, const std::string& chap) {
  client_commands out{"libiscsi", {}};
  if (!chap.empty()) {
    out.lines.push_back(
        "# CHAP (MD5 only): LIBISCSI_CHAP_USERNAME and LIBISCSI_CHAP_PASSWORD in the environment; "
        "mutual: LIBISCSI_CHAP_TARGET_USERNAME and …_PASSWORD");
  }
  out.lines.push_back("iscsi-ls -s " + shell_word("iscsi://" + u.address()));
  out.lines.push_back("iscsi-inq " + shell_word(u.text));
  return out;
}

}  // namespace

std::vector<client_commands> commands_for(const std::string& volume, const uris& exports,
                                          const std::string& chap) {
  std::vector<client_commands> out;
  const auto portals = of_kind(exports, kind::iscsi);
  if (!portals.empty()) {
    out.push_back(open_iscsi(portals, chap));
    out.push_back(qemu_iscsi(portals.front(), chap));
    out.push_back(libiscsi(portals.front(), chap));
  }
  for (const kind each : {kind::nbd, kind::nbd_socket}) {
    for (const auto& u : of_kind(exports, each)) {
      out.push_back(qemu_nbd(u, volume));
      out.push_back(nbd_client(u, volume));
      out.push_back(nbdfuse(u, volume));
    }
  }
  return out;
}

}  // namespace cairn
