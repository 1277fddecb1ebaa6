// Log lines that an operator can act on: "<level> <sentence>" on stderr, with the time.
// One logger for the process is the one piece of shared state that everybody may reach.
#pragma once
#include <string>

namespace cairn {

enum class log_level { debug, notice, warning, error, none };

void log(log_level level, const std::string& sentence);
inline void log_debug(const std::string& s) { log(log_level::debug, s); }
inline void log_notice(const std::string& s) { log(log_level::notice, s); }
inline void log_warning(const std::string& s) { log(log_level::warning, s); }
inline void log_error(const std::string& s) { log(log_level::error, s); }

// Lines below `least` are dropped. The default is notice.
void set_log_level(log_level least);

}  // namespace cairn
