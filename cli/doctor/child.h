// A program that is run for the line that it prints.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace cairn::doctor {

// What it printed on stdout, 64 KiB at most; it is killed when the time is up (ETIMEDOUT). An end
// other than 0 is an error, ENOENT that there is no such program.
result<std::string> output_of(const std::vector<std::string>& words,
                              std::chrono::milliseconds limit = std::chrono::seconds(5));

}  // namespace cairn::doctor
