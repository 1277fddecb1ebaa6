// Every address that the configurations listen on: served by its own program, free, or taken.
#pragma once
#include <netinet/in.h>

#include "cli/doctor/examination.h"
#include "cli/doctor/progress.h"

namespace cairn::doctor {

// A socket that listens, from /proc/net/tcp and tcp6.
struct listening {
  std::string host;  // "127.0.0.1", "::"
  std::uint16_t port = 0;
  ino_t inode = 0;
  friend bool operator==(const listening&, const listening&) = default;
};
std::vector<listening> parse_tcp(const std::string& text);
// path → inode, of sockets that listen (/proc/net/unix).
std::multimap<std::string, ino_t> parse_unix(const std::string& text);

// Whether nobody can listen on `wanted` beside it.
bool in_the_way(const listening& there, const endpoint& wanted);

struct address_seen {
  std::string what;     // "NBD of m1-primary"
  std::string address;  // "127.0.0.1:10809", or a path
  std::string file;     // the configuration that names it
  std::optional<pid_t> serves;
  bool taken = false;           // somebody listens there
  std::vector<pid_t> holders;   // who, as far as it can be seen
  std::string holder;           // in words
  progress_seen progress = {};  // of `serves`
};
finding judge_address(const address_seen& a);

findings check_listeners(const examination& seen);

}  // namespace cairn::doctor
