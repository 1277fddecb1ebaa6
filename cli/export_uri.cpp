#include "cli/export_uri.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace cairn {
namespace {

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    unsigned octet = 0;
    const auto digits = text.substr(at + 1, 2);
    const auto [end, failed] =
        std::from_chars(digits.data(), digits.data() + digits.size(), octet, 16);
    if (failed != std::errc() || end != digits.data() + 2 || octet < 0x20 || octet == 0x7f)
      return std::nullopt;
    out += static_cast<char>(octet);
    at += 2;
  }
  return out;
}

// Cuts `start` off; false: `text` does not begin with it.
bool take(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

std::optional<export_uri> read_socket(std::string_view rest, export_uri out) {
  const auto query = rest.find("?socket=");
  if (query == std::string_view::npos) return std::nullopt;
  const auto name = percent_decoded(rest.substr(0, query));
  const auto socket = percent_decoded(rest.substr(query + 8));
  if (!name || !socket || socket->empty()) return std::nullopt;
  out.is = export_uri::kind::nbd_socket;
  out.name = *name;
  out.socket = *socket;
  return out;
}

// HOST:PORT/NAME
std::optional<export_uri> read_address(std::string_view rest, export_uri out) {
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto where = rest.substr(0, slash);
  const auto colon = where.rfind(':');
  const auto name = percent_decoded(rest.substr(slash + 1));
  if (colon == std::string_view::npos || colon == 0 || !name) return std::nullopt;
  out.host = where.substr(0, colon);
  out.port = where.substr(colon + 1);
  out.name = *name;
  const bool digits = std::ranges::all_of(out.port, [](char c) { return c >= '0' && c <= '9'; });
  if (out.port.empty() || !digits) return std::nullopt;
  return out;
}

}  // namespace

std::optional<export_uri> read_export_uri(const std::string& text) {
  export_uri out;
  out.text = text;
  std::string_view rest = text;
  if (take(rest, "nbd+unix:///")) return read_socket(rest, std::move(out));
  if (take(rest, "nbd://")) return read_address(rest, std::move(out));
  if (!take(rest, "iscsi://") || !rest.ends_with("/0")) return std::nullopt;
  rest.remove_suffix(2);
  out.is = export_uri::kind::iscsi;
  return read_address(rest, std::move(out));
}

std::string shell_word(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("_@%+=:,./-").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, plain)) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace cairn
