// What nearly every file includes, compiled once for all rooms that do no I/O (CMakeLists.txt,
// cairn_precompile). Nothing of threads, clocks or sockets is in it: with it the pure rooms could
// use them without saying so. Files include what they use all the same; the sanitizers' builds do
// without this file and find what is missing.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <variant>
#include <vector>
