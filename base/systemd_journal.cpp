#include "base/systemd_journal.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <cstdlib>

namespace cairn {
namespace {

const char* priority_of(log_level level) {
  switch (level) {
    case log_level::debug:
      return "7";
    case log_level::warning:
      return "4";
    case log_level::error:
      return "3";
    default:
      return "5";
  }
}

}  // namespace

bool stderr_is_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat ours {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &ours) != 0) return false;
  return stream == std::to_string(ours.st_dev) + ":" + std::to_string(ours.st_ino);
}

std::vector<std::string> journal_fields(const std::string& program, log_level level,
                                        const std::string& sentence, log_event what,
                                        const log_subject& about) {
  std::vector<std::string> fields{"MESSAGE=" + sentence,
                                  std::string("PRIORITY=") + priority_of(level),
                                  "SYSLOG_IDENTIFIER=" + program};
  const auto add = [&](const char* field, const std::string& value) {
    if (!value.empty()) fields.push_back(field + value);
  };
  add("MESSAGE_ID=", id_of(what));
  add("CAIRN_GROUP=", about.group);
  add("CAIRN_MEMBER=", about.member);
  add("CAIRN_VOLUME=", about.volume);
  return fields;
}

bool send_to_journal(const std::vector<std::string>& fields) {
  std::vector<iovec> parts;
  for (const auto& each : fields) parts.push_back({const_cast<char*>(each.data()), each.size()});
  return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

}  // namespace cairn
