// Whether the user that a gateway or coordinator runs as can read its configuration: root, who
// looks, can read everything. By the modes of the file and of all directories on the way to it.
#pragma once
#include "cli/doctor/examination.h"

namespace cairn::doctor {

struct service_user {
  uid_t uid = 0;
  std::string name;
  std::string group;          // its own; what `chgrp` is to be given
  std::vector<gid_t> groups;  // all of them
  friend bool operator==(const service_user&, const service_user&) = default;
};

struct step_seen {
  std::string path;
  mode_t mode = 0;
  uid_t owner = 0;
  gid_t group = 0;
  bool directory = false;
  bool has_acl = false;  // then modes do not tell it all, and nothing is called wrong
};

std::string user_named(uid_t uid);  // its number when nobody has it

// The first step that keeps `user` from reading what the last one is; ok: none. Pure.
finding judge_readable(const std::string& what, const std::vector<step_seen>& way,
                       const service_user& user);

// From / to `file`, and to where links lead; empty: this user can't see all of it.
std::vector<step_seen> way_to(const std::string& file);

// Whom the service runs as: the user of the unit, or of the package. nullopt: there is no service.
std::optional<service_user> service_of(const examination& seen, const std::string& file,
                                       const std::optional<unit_seen>& unit);
service_user user_running(const running_program& p);

}  // namespace cairn::doctor
