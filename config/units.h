// Text of the configuration into numbers: sizes, times, addresses. Errors are sentences without a
// position; the caller knows where the text stands.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace cairn {

// "512B", "64KiB", "64MiB", "1GiB", "2TiB": whole numbers, a multiple of 512 bytes, not 0.
result<std::uint64_t> parse_size(std::string_view text);

// "200ms", "30s", "5m", "1h": whole numbers, not 0, at most 30 days.
result<std::chrono::milliseconds> parse_duration(std::string_view text);

// "127.0.0.1:7330", "[::1]:7330", "localhost:7330" (taken as 127.0.0.1). Names are not looked up.
result<endpoint> parse_endpoint(const std::string& text);
// Names of gateways, groups, members and volumes: they go into paths, export names and messages.
bool is_name(const std::string& text);
inline constexpr const char* name_rule =
    "1 to 64 of the characters a-z A-Z 0-9 . _ -, and not only dots";

bool is_loopback(const endpoint& where);

// The one of `known` that `word` is likely a slip of the keyboard for; empty: none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& known);

}  // namespace cairn
