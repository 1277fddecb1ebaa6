// Log lines as systemd's journal takes them: with fields, so that they can be matched
// (journalctl CAIRN_MEMBER=m1 MESSAGE_ID=…) instead of parsed.
#pragma once
#include <string>
#include <vector>

#include "base/log.h"

namespace cairn {

// Whether what is written to stderr ends in the journal of this system (JOURNAL_STREAM).
bool stderr_is_journal();

// "FIELD=value" each; a line of a sentence stays in its entry. Pure.
std::vector<std::string> journal_fields(const std::string& program, log_level level,
                                        const std::string& sentence, log_event what,
                                        const log_subject& about);

// false: the journal can't be reached.
bool send_to_journal(const std::vector<std::string>& fields);

}  // namespace cairn
