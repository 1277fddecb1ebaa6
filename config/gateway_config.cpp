// Reads the configuration of a gateway: first each table by itself, then what holds between them.
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "base/journal_bounds.h"
#include "config/config.h"
#include "config/iscsi_reader.h"
#include "config/listener_rules.h"
#include "config/table_reader.h"
#include "config/used_once.h"

namespace cairn {
namespace {

constexpr std::uint64_t segment_bytes_min = 2ULL << 20;  // a header and a record of 1 MiB

// Two paths are one file if this is equal: device and inode where it exists, else the path with
// links and dots resolved.
std::string identity_of(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) == 0) {
    return S_ISBLK(found.st_mode) ? fmt::format("block {}", found.st_rdev)
                                  : fmt::format("inode {} {}", found.st_dev, found.st_ino);
  }
  std::error_code failed;
  const auto resolved = std::filesystem::weakly_canonical(path, failed);
  return "path " + (failed ? path : resolved.string());
}

bool is_block_device(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && S_ISBLK(found.st_mode);
}

struct gateway_reader {
  gateway_config config;
  problem_list problems;
  listener_rules listeners;
  iscsi_reader iscsi;
  used_once members{"the member"}, journals{"the directory"}, exports{"the name"},
      files{"the file"};

  void read(const toml_value& root);
  void read_gateway(table_reader table);
  void read_nbd(table_reader table);
  void read_member(table_reader table);
  void read_peer(table_reader& table, member_config& member);
  void read_journal(table_reader table, member_config& member);
  void read_iscsi(table_reader& table, const member_config& member, volume_config& volume);
  void read_volume(table_reader table, member_config& member);
  void read_testing(table_reader table);
  void check_link(table_reader& root);
};

void gateway_reader::read_gateway(table_reader table) {
  config.name = table.name("name").value_or("");
  config.state_directory = table.absolute_path("state").value_or("");
  config.log_level = table.choice("log").value_or(config.log_level);
  config.insecure = table.boolean("insecure").value_or(false);
  listeners.insecure = config.insecure;
}

void gateway_reader::read_nbd(table_reader table) {
  config.nbd_socket = table.socket_path("socket");
  config.nbd = listeners.listener(table, "listen");
  if (!table.has("socket") && !table.has("listen")) {
    table.wrong("socket", "[nbd] needs a `socket` (a path), a `listen` (IP:PORT), or both");
  }
}

void gateway_reader::read_peer(table_reader& table, member_config& member) {
  member.peer = listeners.peer(table, "peer");
  if (member.role == member_role::secondary && table.has("peer")) {
    table.wrong("peer", "a secondary has no `peer`: its primary connects to [link] `listen`");
  }
}

void gateway_reader::read_journal(table_reader table, member_config& member) {
  member.journal = table.absolute_path("directory").value_or("");
  if (!member.journal.empty()) {
    journals.add("directory", member.journal, table, identity_of(member.journal));
  }
  member.journal_size_bytes = table.size("size").value_or(member.journal_size_bytes);
  member.segment_bytes = table.size("segment").value_or(member.segment_bytes);
  if (member.segment_bytes < segment_bytes_min) {
    table.wrong("segment", "a segment must have at least 2MiB");
  }
  if (const auto good = check_segment_bytes(member.segment_bytes); !good)
    table.wrong("segment", good.error().text);
  if (const auto good = check_journal_bytes(member.journal_size_bytes, member.segment_bytes); !good)
    table.wrong("size", good.error().text);
}

void gateway_reader::read_iscsi(table_reader& table, const member_config& member,
                                volume_config& volume) {
  if (config.iscsi) {
    volume.iscsi = iscsi.read_volume(table, member.group, volume);
  } else if (table.table("iscsi"); table.has("iscsi")) {
    table.wrong("iscsi", "there is no [iscsi] with a `listen`, so no volume is exported over it");
  }
}

void gateway_reader::read_volume(table_reader table, member_config& member) {
  volume_config volume;
  volume.name = table.name("name").value_or("");
  volume.path = table.absolute_path("path").value_or("");
  volume.size_bytes = table.size("size").value_or(0);
  if (!volume.name.empty()) exports.add("name", volume.name, table, volume.name);
  if (!volume.path.empty()) {
    files.add("path", volume.path, table, identity_of(volume.path));
    if (volume.path.starts_with(member.journal + "/") && !member.journal.empty())
      table.wrong("path",
                  "a volume can't lie in the directory of its member's journal, " + member.journal);
    if (!is_block_device(volume.path)) table.require("size");
  }
  read_iscsi(table, member, volume);
  member.volumes.push_back(std::move(volume));
}

void gateway_reader::read_member(table_reader table) {
  member_config member;
  member.group = table.name("group").value_or("");
  member.name = table.name("name").value_or("");
  if (!member.group.empty() && !member.name.empty()) {
    members.add("name", member.name, table, member.group + "/" + member.name);
  }
  const auto role = table.choice("role");
  member.role = role == "secondary" ? member_role::secondary : member_role::primary;
  read_peer(table, member);
  if (auto journal = table.table("journal"); table.has("journal")) read_journal(journal, member);
  for (auto& volume : table.tables("volume")) read_volume(volume, member);
  config.members.push_back(std::move(member));
}

void gateway_reader::read_testing(table_reader table) {
  config.testing.hold = table.boolean("hold").value_or(true);
  config.testing.destage = table.boolean("destage").value_or(true);
  config.testing.hang = table.choice("hang").value_or("");
}

void gateway_reader::check_link(table_reader& root) {
  for (const auto& member : config.members) {
    if (member.role == member_role::secondary && !config.link) {
      root.wrong("member", fmt::format("member `{}` is a secondary, so [link] must have a `listen`",
                                       member.name));
      return;
    }
  }
}

void gateway_reader::read(const toml_value& root) {
  table_reader table(root, gateway_keys(), problems);
  if (auto own = table.table("gateway"); table.has("gateway")) read_gateway(own);
  if (auto nbd = table.table("nbd"); table.has("nbd")) read_nbd(nbd);
  if (auto control = table.table("control"); table.has("control")) {
    config.control = listeners.listener(control, "listen").value_or(endpoint{});
  }
  auto link = table.table("link");
  const bool link_given = link.has("listen");
  config.link = listeners.listener(link, "listen");
  if (auto own = table.table("iscsi"); table.has("iscsi"))
    config.iscsi = iscsi.read(own, listeners);
  for (auto& member : table.tables("member")) read_member(member);
  read_testing(table.table("testing"));
  if (!link_given) check_link(table);
}

}  // namespace

result<gateway_config> read_gateway_config(const std::string& file) {
  gateway_reader reader;
  reader.config.file = file;
  const auto root = read_merged_toml(file, "coordinator", reader.problems);
  if (reader.problems.empty()) reader.read(root);
  if (!reader.problems.empty()) return fail(EINVAL, reader.problems.text());
  return std::move(reader.config);
}

}  // namespace cairn
