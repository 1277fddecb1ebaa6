// Log lines as systemd's journal takes them: with fields, so that they can be matched
// (journalctl CAIRN_MEMBER=m1 MESSAGE_ID=…) instead of parsed.
#pragma once
#include <atomic>
#include <cstdint>
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

// One entry as systemd's native protocol has it: a line "FIELD=value", or where the value has a
// newline the field, a newline, its length (8 bytes, little-endian) and the value. Pure.
std::string journal_datagram(const std::vector<std::string>& fields);

// Where this system's journal takes entries. Not by sd_journal_sendv(), which waits: a journal that
// is stopped, or that waits for its disk, would stop every thread that has something to say, and
// the watchdog's, and so the service. What the journal has no room for is dropped and counted, and
// the next entry that goes ends with how many were lost.
//
// May be called from any thread.
class journal_socket {
 public:
  explicit journal_socket(std::string path = "/run/systemd/journal/socket");
  ~journal_socket();
  journal_socket(const journal_socket&) = delete;
  journal_socket& operator=(const journal_socket&) = delete;

  // The first field is the MESSAGE. Never waits. false: there is no journal at that path.
  bool send(std::vector<std::string> fields);

 private:
  const std::string path_;
  const int socket_;  // -1: none could be made
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace cairn
