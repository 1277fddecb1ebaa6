#include "config/iscsi_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/iscsi_name.h"
#include "config/secret_file.h"
#include "config/units.h"

namespace cairn {
namespace {

constexpr std::size_t user_bytes_max = 255;

// `user_key` and `file_key`: both or none.
std::optional<chap_config> read_account(table_reader& table, const std::string& user_key,
                                        const std::string& file_key) {
  const auto user = table.string(user_key);
  const auto path = table.absolute_path(file_key);
  if (table.has(user_key) != table.has(file_key)) {
    const auto& given = table.has(user_key) ? user_key : file_key;
    table.wrong(given, fmt::format("`{}` and `{}` belong together", user_key, file_key));
    return std::nullopt;
  }
  if (user &&
      (user->empty() || user->size() > user_bytes_max || user->find('\0') != std::string::npos)) {
    table.wrong(user_key, fmt::format("`{}` must have 1 to {} bytes", user_key, user_bytes_max));
  }
  if (!user || !path) return std::nullopt;
  auto secret = read_secret_file(*path);
  if (secret) return chap_config{*user, *std::move(secret)};
  table.wrong(file_key, secret.error().text);
  return std::nullopt;
}

// What the table does not have is taken from `otherwise`.
iscsi_accounts read_accounts(table_reader& table, const iscsi_accounts& otherwise) {
  iscsi_accounts accounts = otherwise;
  const bool has_own = table.has("user") || table.has("secret_file");
  if (auto own = read_account(table, "user", "secret_file"); has_own) {
    accounts.initiator = std::move(own);
  }
  const bool has_mutual = table.has("mutual_user") || table.has("mutual_secret_file");
  if (auto mutual = read_account(table, "mutual_user", "mutual_secret_file"); has_mutual) {
    accounts.mutual = std::move(mutual);
  }
  if (accounts.mutual && !accounts.initiator && !has_own) {
    table.wrong("mutual_user", "a `mutual_user` needs a `user`: CHAP begins with the initiator");
  }
  if (accounts.mutual && accounts.initiator &&
      accounts.mutual->secret == accounts.initiator->secret) {
    table.wrong(has_mutual ? "mutual_secret_file" : "secret_file",
                "both directions have the same secret; no initiator may take that");
  }
  return accounts;
}

std::vector<std::string> read_initiators(table_reader& table,
                                         const std::vector<std::string>& otherwise) {
  if (!table.has("initiators")) return otherwise;
  std::vector<std::string> names;
  const auto items = table.strings("initiators");
  for (const auto& item : items) {
    if (auto name = iscsi_name(item.text)) {
      names.push_back(*std::move(name));
    } else {
      table.wrong_at(item.at, fmt::format("`{}` is no iSCSI name; write it as in "
                                          "\"iqn.1993-08.org.debian:01:abc\"",
                                          item.text));
    }
  }
  if (items.empty()) {
    table.wrong("initiators", "an empty `initiators` lets nobody in; leave it out to let all in");
  }
  return names;
}

// What initiators are told to connect to.
std::vector<endpoint> read_portals(table_reader& table, const std::vector<endpoint>& listen) {
  std::vector<endpoint> portals;
  for (const auto& item : table.strings("portals")) {
    if (const auto where = parse_endpoint(item.text)) {
      portals.push_back(*where);
    } else {
      table.wrong_at(item.at, where.error().text);
    }
  }
  if (table.has("portals")) return portals;
  const auto any = std::ranges::find_if(
      listen, [](const endpoint& e) { return e.host == "0.0.0.0" || e.host == "::"; });
  if (any != listen.end()) {
    table.wrong("listen", fmt::format("nobody can connect to {}: list in `portals` what "
                                      "initiators are to be told",
                                      any->text()));
  }
  return listen;
}

}  // namespace

iscsi_config iscsi_reader::read(table_reader table, listener_rules& listeners) {
  iscsi_config config;
  config.listen = listeners.listeners(table, "listen");
  config.portals = read_portals(table, config.listen);
  config.digests = table.choices("digests");
  config.discovery = read_account(table, "discovery_user", "discovery_secret_file");
  prefix_ = table.string("target_prefix").value_or("");
  if (!is_target_name(prefix_ + ":x")) {
    table.wrong("target_prefix", fmt::format("`{}` must be as in \"iqn.2026-11.io.cairn\", of the "
                                             "characters a-z 0-9 - . :",
                                             prefix_));
  }
  initiators_ = read_initiators(table, {});
  accounts_ = read_accounts(table, {});
  return config;
}

std::string iscsi_reader::target_name(table_reader& table, const std::string& group,
                                      const std::string& volume) {
  const auto given = table.string("name");
  auto name = given.value_or(fmt::format("{}:{}.{}", prefix_, group, volume));
  // What is wrong with the prefix or lacks a name was said where it stands.
  const bool blamed = !is_target_name(prefix_ + ":x") || group.empty() || volume.empty();
  if (!is_target_name(name) && (given || !blamed)) {
    table.wrong("name", fmt::format("the target name `{}` has other characters than a-z 0-9 - . : "
                                    "or is too long{}",
                                    name, given ? "" : "; give the volume an iscsi `name`"));
  }
  return name;
}

iscsi_volume_config iscsi_reader::read_volume(table_reader& table, const std::string& group,
                                              const volume_config& volume) {
  auto own = table.table("iscsi");
  iscsi_volume_config out;
  out.target = target_name(own, group, volume.name);
  if (!volume.name.empty()) targets_.add("name", out.target, own, out.target);
  out.initiators = read_initiators(own, initiators_);
  out.accounts = read_accounts(own, accounts_);
  const auto block = own.integer("block_size").value_or(0);
  if (block != 512 && block != 4096) own.wrong("block_size", "`block_size` must be 512 or 4096");
  out.block_bytes = block == 4096 ? 4096 : 512;
  if (volume.size_bytes % out.block_bytes != 0) {
    own.wrong("block_size",
              fmt::format("the volume's size is not a multiple of {} bytes", out.block_bytes));
  }
  return out;
}

}  // namespace cairn
