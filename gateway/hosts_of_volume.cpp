#include "gateway/hosts_of_volume.h"

#include <fmt/format.h>

#include <cctype>

namespace cairn {
namespace {

// RFC 3986; '/' stays, so that paths can be read.
std::string percent_encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool plain = octet < 0x80 && (std::isalnum(octet) ||
                                        std::string_view("-._~/").find(c) != std::string::npos);
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", octet);
  }
  return out;
}

std::string chap_of(const volume_config& volume) {
  if (!volume.iscsi || !volume.iscsi->accounts.initiator) return "";
  return volume.iscsi->accounts.mutual ? "mutual" : "one-way";
}

}  // namespace

std::vector<std::string> export_uris(const gateway_config& config, const volume_config& volume) {
  std::vector<std::string> uris;
  const auto name = percent_encoded(volume.name);
  if (config.nbd_socket) {
    uris.push_back(
        fmt::format("nbd+unix:///{}?socket={}", name, percent_encoded(*config.nbd_socket)));
  }
  if (config.nbd) uris.push_back(fmt::format("nbd://{}/{}", config.nbd->text(), name));
  if (!config.iscsi || !volume.iscsi) return uris;
  for (const endpoint& portal : config.iscsi->portals)
    uris.push_back(fmt::format("iscsi://{}/{}/0", portal.text(), volume.iscsi->target));
  return uris;
}

void add_hosts_of(const gateway_config& config, const volume_config& volume,
                  const std::vector<volume_session>& sessions, volume_status& to) {
  to.exports = export_uris(config, volume);
  to.chap = chap_of(volume);
  for (const volume_session& s : sessions)
    if (s.volume == volume.name) to.sessions.push_back(s.host);
}

}  // namespace cairn
