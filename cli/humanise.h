// Numbers for people: sizes, ages, counts. Text for scripts is JSON, with raw numbers.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace cairn {

std::string human_bytes(std::uint64_t n);                // "1.5 MiB"
std::string human_age(std::optional<std::uint64_t> ms);  // "18 ms", "1.2 s", "2 min 5 s", "unknown"
std::string human_count(std::uint64_t n);                // "12,345"
std::string human_micros(std::uint64_t us);              // "612 µs", "1.02 ms"
std::string human_clock(std::int64_t unix_ms);           // "16:49:05", in the local time zone
// What a terminal can't take for a command: control characters become '?'.
std::string printable(const std::string& text);

}  // namespace cairn
