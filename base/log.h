// Log lines that an operator can act on, one an event: into systemd's journal with fields where
// stderr leads there, else "<time> <level> <sentence>" on stderr.
// One logger for the process is a piece of shared state that everybody may reach.
#pragma once
#include <string>

#include "base/events.h"

namespace cairn {

enum class log_level { debug, notice, warning, error, none };

// `what` and `about` are fields only: the sentence says it all by itself.
void log(log_level level, const std::string& sentence, log_event what = log_event::none,
         const log_subject& about = {});
inline void log_debug(const std::string& s) { log(log_level::debug, s); }
inline void log_notice(const std::string& s, log_event what = log_event::none,
                       const log_subject& about = {}) {
  log(log_level::notice, s, what, about);
}
inline void log_warning(const std::string& s, log_event what = log_event::none,
                        const log_subject& about = {}) {
  log(log_level::warning, s, what, about);
}
inline void log_error(const std::string& s, log_event what = log_event::none,
                      const log_subject& about = {}) {
  log(log_level::error, s, what, about);
}

// Lines below `least` are dropped. The default is notice.
void set_log_level(log_level least);
log_level log_level_named(const std::string& name);  // as the configuration has it
// Who writes: "cairn-gateway". Before the first line.
void set_log_identifier(const std::string& program);

}  // namespace cairn
