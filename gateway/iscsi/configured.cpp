#include "gateway/iscsi/configured.h"

namespace cairn::iscsi {
namespace {

std::optional<chap_account> account(const std::optional<chap_config>& c) {
  if (!c) return std::nullopt;
  return chap_account{c->user, c->secret};
}

chap_digest digest(const std::string& name) {
  if (name == "md5") return chap_digest::md5;
  return name == "sha1" ? chap_digest::sha1 : chap_digest::sha256;
}

export_options export_of(const volume_config& volume, exported_volume as) {
  export_options out;
  out.rules.name = volume.iscsi->target;
  out.rules.alias = volume.name;
  out.rules.initiators = volume.iscsi->initiators;
  out.rules.auth = {account(volume.iscsi->accounts.initiator),
                    account(volume.iscsi->accounts.mutual)};
  out.block_bytes = volume.iscsi->block_bytes;
  out.volume = as;
  return out;
}

}  // namespace

server_options configured(const gateway_config& config, const std::vector<exported_volume>& all) {
  server_options out;
  const auto& own = *config.iscsi;
  out.listen = own.listen;
  if (own.portals != own.listen)
    for (const auto& each : own.portals) out.portals.push_back(each.text());
  out.discovery.initiator = account(own.discovery);
  for (const auto& name : own.digests) out.digests.push_back(digest(name));
  out.state_directory = config.state_directory;
  for (const auto& each : all)
    out.exports.push_back(export_of(each.of->volumes.at(each.index), each));
  return out;
}

}  // namespace cairn::iscsi
