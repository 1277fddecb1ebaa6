// That nobody else uses what one gateway or coordinator must have for itself, and that it runs.
#pragma once
#include "cli/doctor/examination.h"

namespace cairn::doctor {

// What only one program may use.
struct resource {
  std::string what;  // "the journal"
  std::string path;
  std::string identity;  // equal: the same file, whatever its path
};

struct claimant {
  std::string who;  // "gateway m1 (/etc/cairn/gateway.toml, pid 812)"
  std::string file;
  std::vector<pid_t> pids;  // that run with this configuration
  std::vector<resource> uses;
};

findings judge_claims(const std::vector<claimant>& all);

// Somebody who has one of these open and is no part of Cairn, or of another configuration.
struct intruder {
  resource at;
  std::string who;
  bool locked = false;
};
finding judge_intruder(const claimant& whose, const intruder& i);

findings check_instances(const examination& seen);
findings check_running(const examination& seen);

}  // namespace cairn::doctor
