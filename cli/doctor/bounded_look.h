// A check in a process of its own: the only thing that can be left behind when a disk does not
// answer. A thread that hangs in the kernel would keep this command from ending, and whoever reads
// what it prints from the end of it; so the process has none of our descriptors, and nobody waits
// for it.
#pragma once
#include <chrono>
#include <functional>

#include "cli/doctor/disk_watch.h"
#include "cli/doctor/finding.h"

namespace cairn::doctor {

inline constexpr std::chrono::seconds disk_patience{5};

// What `look` found. At each path where it stays for `patience` it is given up, the path is a
// problem, `disks` knows it from then on, and `look` begins again without it: it makes a disk_look
// of `disks` for each path that it touches, and bounds for itself what it waits for elsewhere.
// To be called while this process has one thread.
findings bounded_look(disk_watch& disks, const std::vector<mount_point>& mounts,
                      const std::function<findings()>& look,
                      std::chrono::milliseconds patience = disk_patience);

}  // namespace cairn::doctor
