// What went wrong with clients' requests, in nbdkit's log, at a bounded rate: a host that hammers a
// volume which refuses writes must not fill the log's disk. Called from nbdkit's threads.
#pragma once
#include <string>

namespace cairn {

// Logs the sentence unless too many were logged within the same second; the next one that is
// logged says how many were left out. `code` is the errno that the client gets.
void complain_to_client(int code, const char* sentence) noexcept;

}  // namespace cairn
