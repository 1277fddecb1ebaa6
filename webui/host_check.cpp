#include "webui/host_check.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <string>

namespace cairn {
namespace {

bool is_digits(std::string_view text) {
  return text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

// Splits "host:port"; an empty host means that it is malformed.
std::string_view host_of(std::string_view header) {
  const bool bracketed = header.starts_with('[');
  const auto end = bracketed ? header.find(']') : header.find(':');
  if (bracketed && end == std::string_view::npos) return {};
  const auto rest =
      end == std::string_view::npos ? std::string_view{} : header.substr(bracketed ? end + 1 : end);
  if (!rest.empty() && (rest[0] != ':' || !is_digits(rest.substr(1)))) return {};
  return bracketed ? header.substr(1, end - 1) : header.substr(0, end);
}

bool is_ip_address(const std::string& host) {
  in6_addr unused;
  return inet_pton(AF_INET, host.c_str(), &unused) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &unused) == 1;
}

}  // namespace

bool host_is_ours(std::string_view header, std::string_view configured) {
  std::string host(host_of(header));
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (host.empty()) return false;
  return host == "localhost" || host == configured || is_ip_address(host);
}

}  // namespace cairn
