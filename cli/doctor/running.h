// Which gateways and coordinators run on this machine, and with which configuration: from their
// command lines.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/doctor/openings.h"
#include "config/config.h"

namespace cairn::doctor {

struct running_program {
  pid_t pid = 0;
  uid_t runs_as = 0;
  bool gateway = false;            // else a coordinator
  std::string file;                // its configuration, absolute
  std::vector<gid_t> groups = {};  // its own first
  std::string unit = {};           // the service that it belongs to; empty: started otherwise
};

// nullopt: no program of Cairn. Pure.
std::optional<running_program> cairn_program(const program& p);
std::vector<running_program> running_cairn(const openings& open);

// "cairn-gateway@x", of a file of /etc/cairn; nullopt: no unit has this file.
std::optional<std::string> unit_of(const std::string& file, bool gateway);

// What to type: "systemctl start cairn-gateway@x" for a file of /etc/cairn, otherwise that the
// program is to be given the file. `verb`: start, restart.
std::string by_unit(const std::string& verb, const std::string& file, bool gateway);

bool same_file(const std::string& a, const std::string& b);

// Of several with one configuration, the one that holds a journal of it.
std::optional<running_program> server_of(const std::vector<running_program>& all,
                                         const openings& open, const gateway_config& config);
std::optional<running_program> server_of(const std::vector<running_program>& all,
                                         const coordinator_config& config);

}  // namespace cairn::doctor
