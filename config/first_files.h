// The first configuration of a machine: what `cairn config init` writes. Everything that may be
// said is in the files, with a sentence each; what was not chosen stands as a comment with its
// default.
//
// Pure: texts come out; who writes them is cli/config_init_command.cpp.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace cairn {

enum class first_role { primary, secondary, both };

struct first_volume {
  std::string name;
  std::string path;  // absolute
  std::string size;  // "1GiB"; empty: of the block device
};

struct first_setup {
  first_role role = first_role::primary;
  std::string group, member;
  std::vector<first_volume> volumes;  // one at least
  std::string listen = "127.0.0.1";   // this machine's address for hosts and for the peer
  std::string peer;          // of a primary: the secondary's address; empty: no copy is made
  std::string journal_size;  // empty: the default
  bool iscsi = false;
  std::string directory = "/etc/cairn";  // where the files will be
};

struct first_file {
  std::string path;
  std::string text;
};

// One gateway's and one coordinator's file; with `both`, two of each, on two loopback addresses.
// What is wrong is said in words of the command's options: a volume's `NAME=PATH:SIZE`, an
// address that is none, `--peer` for a secondary.
result<std::vector<first_file>> first_files(first_setup setup);

// "db=/srv/db.img:10GiB", or "db=/dev/sdb" for a block device.
result<first_volume> parse_first_volume(const std::string& text);

}  // namespace cairn
