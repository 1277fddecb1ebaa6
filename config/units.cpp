#include "config/units.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

namespace cairn {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<unit, 5> size_units{
    {{"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"TiB", 1ULL << 40}}};
constexpr std::array<unit, 4> time_units{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
constexpr std::uint64_t duration_max_ms = 30ULL * 24 * 3'600'000;

// number × unit; nullopt: no number, no such unit, or more than 2^63.
template <std::size_t N>
std::optional<std::uint64_t> parse_with_unit(std::string_view text,
                                             const std::array<unit, N>& units) {
  std::uint64_t count = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failed != std::errc() || rest == text.data()) return std::nullopt;
  const std::string_view name(rest, text.data() + text.size() - rest);
  const auto found = std::ranges::find(units, name, &unit::name);
  if (found == units.end() || count > (1ULL << 63) / found->factor) return std::nullopt;
  return count * found->factor;
}

bool is_address(const std::string& host, int family) {
  std::array<unsigned char, sizeof(in6_addr)> unused;
  return inet_pton(family, host.c_str(), unused.data()) == 1;
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[b.size()];
}

}  // namespace

result<std::uint64_t> parse_size(std::string_view text) {
  const auto size = parse_with_unit(text, size_units);
  if (!size) {
    return fail(EINVAL, fmt::format("`{}` is no size; write a whole number and one of B, KiB, MiB, "
                                    "GiB, TiB, as in \"64MiB\"",
                                    text));
  }
  if (*size == 0 || *size % 512 != 0) {
    return fail(EINVAL, fmt::format("the size `{}` is not a multiple of 512 bytes, above 0", text));
  }
  return *size;
}

result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto ms = parse_with_unit(text, time_units);
  if (!ms) {
    return fail(EINVAL, fmt::format("`{}` is no time; write a whole number and one of ms, s, m, h, "
                                    "as in \"200ms\"",
                                    text));
  }
  if (*ms == 0 || *ms > duration_max_ms) {
    return fail(EINVAL, fmt::format("the time `{}` is not above 0 and at most 30 days", text));
  }
  return std::chrono::milliseconds(*ms);
}

result<endpoint> parse_endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  auto host = text.substr(0, colon == std::string::npos ? 0 : colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  const auto port_text = colon == std::string::npos ? std::string() : text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto end = port_text.data() + port_text.size();
  const auto [rest, failed] = std::from_chars(port_text.data(), end, port);
  if (!is_address(host, bracketed ? AF_INET6 : AF_INET) || failed != std::errc() || rest != end ||
      port == 0) {
    return fail(EINVAL,
                fmt::format("`{}` is no address; write IP:PORT with a port from 1 to 65535, "
                            "as in \"127.0.0.1:7330\" or \"[::1]:7330\"",
                            text));
  }
  return endpoint{host, port};
}

bool is_name(const std::string& text) {
  constexpr std::size_t bytes_max = 64;
  const auto allowed = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return text.find_first_not_of('.') != std::string::npos && text.size() <= bytes_max &&
         std::ranges::all_of(text, allowed);
}

bool is_loopback(const endpoint& where) {
  return where.host == "::1" || (where.host.starts_with("127.") && is_address(where.host, AF_INET));
}

std::string nearest(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : known) {
    const auto distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string endpoint::text() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

}  // namespace cairn
