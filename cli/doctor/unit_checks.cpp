#include "cli/doctor/unit_checks.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>

#include "cli/doctor/small_file.h"

namespace cairn::doctor {
namespace {

namespace fs = std::filesystem;

void resolve(std::vector<std::string>& paths) {
  for (auto& each : paths)
    if (each.starts_with('/')) each = resolved(each);
}

device_seen device_at(const volume_config& v, dev_t number) {
  const auto at = fmt::format("/dev/block/{}:{}", major(number), minor(number));
  return {v.name,
          v.path,
          {v.path, resolved(v.path), at, resolved(at)},
          block_driver(read_small("/proc/devices").value_or(""), major(number))};
}

class unit_look {
 public:
  unit_look(const examination& seen, unit_seen unit) : seen_(seen), unit_(std::move(unit)) {
    resolve(unit_.writable);
    resolve(unit_.devices);
  }

  void directory(const std::string& what, const std::string& path) {
    const disk_look at(seen_.disks, path);
    if (at) out_.push_back(judge_written(unit_, what, resolved(path), path));
  }
  void volume(const volume_config& v) {
    const disk_look at(seen_.disks, v.path);
    if (!at) return;
    struct stat found {};
    if (stat(v.path.c_str(), &found) == 0 && S_ISBLK(found.st_mode))
      out_.push_back(judge_unit_device(unit_, device_at(v, found.st_rdev)));
    else
      out_.push_back(judge_written(unit_, "volume " + v.name, resolved(v.path),
                                   fs::path(v.path).parent_path().string()));
  }
  findings found() { return std::move(out_); }

 private:
  const examination& seen_;
  unit_seen unit_;
  findings out_;
};

findings look_at(const examination& seen, const seen_gateway& g) {
  unit_look look(seen, *g.unit);
  look.directory("the state of " + g.config.name, g.config.state_directory);
  for (const auto& m : g.config.members) {
    look.directory("the journal of " + m.name, m.journal);
    for (const auto& v : m.volumes) look.volume(v);
  }
  return look.found();
}

}  // namespace

findings check_units(const examination& seen) {
  findings out;
  for (const auto& g : seen.gateways)
    if (g.unit && !by_hand(g.serves, g.unit)) append(out, look_at(seen, g));
  for (const auto& c : seen.coordinators) {
    if (!c.unit || by_hand(c.serves, c.unit)) continue;
    unit_look look(seen, *c.unit);
    look.directory("the state of coordinator " + c.config.name, c.config.state_directory);
    append(out, look.found());
  }
  return out;
}

}  // namespace cairn::doctor
