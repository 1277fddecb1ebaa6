#include "gateway/iscsi/told_portals.h"

#include <algorithm>
#include <asio/ip/address.hpp>

namespace cairn::iscsi {
namespace {

asio::ip::address address_of(const endpoint& e) {
  asio::error_code ignored;
  return asio::ip::make_address(e.host, ignored);
}

// "::" takes both families.
bool reaches(const asio::ip::address& any, const asio::ip::address& asked_at) {
  return any.is_v6() || asked_at.is_v4();
}

}  // namespace

std::vector<endpoint> told_portals(const std::vector<endpoint>& listening,
                                   const endpoint& asked_at) {
  const auto from = address_of(asked_at);
  std::vector<endpoint> out;
  for (endpoint each : listening) {
    const auto at = address_of(each);
    if (at.is_unspecified()) {
      if (!reaches(at, from)) continue;
      each.host = asked_at.host;
    } else if (at.is_loopback() && !from.is_loopback()) {
      continue;
    }
    if (std::ranges::find(out, each) == out.end()) out.push_back(each);
  }
  return out;
}

}  // namespace cairn::iscsi
