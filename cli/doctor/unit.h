// The unit by which systemd runs a gateway or coordinator, and what it lets it write: a path of the
// configuration elsewhere keeps the service from starting, whatever its modes are.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cli/doctor/finding.h"
#include "cli/doctor/running.h"

namespace cairn::doctor {

struct unit_seen {
  std::string name;                   // "cairn-gateway@x.service"
  std::string state;                  // "active", "activating", "failed"
  std::string step;                   // of that state: "start", "auto-restart"
  std::string result;                 // why it ended: "success", "exit-code", "start-limit-hit"
  unsigned restarts = 0;              // by systemd itself
  std::string user;                   // empty: root
  std::vector<std::string> groups;    // beside the user's own
  bool read_only = false;             // all but `writable`
  std::vector<std::string> writable;  // directories
  std::vector<std::string> hidden;    // it sees something else there, or nothing
  bool has_devices = true;            // false: /dev has none of the machine's
  bool devices_named = false;         // only `devices` may be opened
  std::vector<std::string> devices;   // to read and write: paths, or "block-DRIVER" with wildcards
};

// What `systemctl show` printed; nullopt: there is no such unit. Pure.
std::optional<unit_seen> read_unit(const std::string& name, const std::string& shown);

// nullopt: `file` is of no unit, or systemd does not run here.
std::optional<unit_seen> see_unit(const std::string& file, bool gateway);

// Whether it runs, and systemd did not start it.
bool by_hand(const std::optional<running_program>& serves, const std::optional<unit_seen>& unit);

// `path` and what the unit names: without links. `directory`: that must be writable for it.
finding judge_written(const unit_seen& u, const std::string& what, const std::string& path,
                      const std::string& directory);

struct device_seen {
  std::string volume;
  std::string path;                // as configured
  std::vector<std::string> names;  // all that are known, the path among them
  std::string driver;              // "device-mapper", as in /proc/devices
};
finding judge_unit_device(const unit_seen& u, const device_seen& d);

// The driver of block devices of that number; empty: not in /proc/devices.
std::string block_driver(const std::string& proc_devices, unsigned major);

}  // namespace cairn::doctor
