// Whether journal, state and volumes lie where they can last.
#pragma once
#include "cli/doctor/examination.h"

namespace cairn::doctor {

enum class lasting { yes, gone_at_restart, with_container, over_network, unknown };
lasting lasting_of(const std::string& type);  // "ext4"

// `what`: "the journal of m1"; `volume`: a backing file may lie on a server, a journal must not.
finding judge_place(const std::string& what, const std::string& path, const std::string& type,
                    bool volume);
findings check_file_systems(const examination& seen);

// Of volumes on block devices: that they are there, large enough, and mounted nowhere.
findings check_devices(const examination& seen);
// nullopt: no block device, or this user may not open it.
std::optional<std::uint64_t> device_bytes(const std::string& path);

}  // namespace cairn::doctor
