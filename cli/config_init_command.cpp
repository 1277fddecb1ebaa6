// cairn config init: writes the first configuration of a machine, checked before it is there under
// its name, and never over a file that exists.
#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli/command.h"
#include "cli/installed_files.h"
#include "cli/json_fields.h"
#include "config/settings.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

constexpr mode_t file_mode = 0640;  // the gateway's user reads it by its group
constexpr const char* state_root = "/var/lib/cairn/";

// A directory beside the files to be, in which they are checked; gone with this.
class draft_directory {
 public:
  explicit draft_directory(const std::string& in) : path_(in + "/.draft-XXXXXX") {
    made_ = mkdtemp(path_.data()) != nullptr;
    // Drafts are read with the snippets that the files will be read with.
    std::error_code ignored;
    if (made_) fs::create_directory_symlink("../conf.d", path_ + "/conf.d", ignored);
  }
  ~draft_directory() {
    std::error_code ignored;
    if (made_) fs::remove_all(path_, ignored);
  }
  draft_directory(const draft_directory&) = delete;
  draft_directory& operator=(const draft_directory&) = delete;

  bool made() const { return made_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

result<void> write_file(const std::string& path, const std::string& text, gid_t group) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file_mode);
  if (fd == -1) return fail_errno(errno, "make " + path);
  // The directory's group is the gateway's; where we may not give it, the file is the caller's.
  if (fchmod(fd, file_mode) == 0 && fchown(fd, uid_t(-1), group) != 0) errno = 0;
  const auto n = write(fd, text.data(), text.size());
  const bool whole = n == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  const int because = n == -1 ? errno : ENOSPC;
  close(fd);
  return whole ? result<void>() : fail_errno(because, "write " + path);
}

// What the programs say of a draft, with the names that its directory's files will have.
result<void> check_draft(const std::string& draft, const std::string& path) {
  const auto good = check_config(draft);
  if (good) return {};
  const auto here = fs::path(draft).parent_path().string();
  const auto there = fs::path(path).parent_path().string();
  std::string text = good.error().text;
  for (auto at = text.find(here); at != std::string::npos; at = text.find(here))
    text.replace(at, here.size(), there);
  return fail(good.error().code, text);
}

// link() fails where the name is taken, unlike rename().
result<void> put_in_place(const std::string& draft, const std::string& path) {
  if (link(draft.c_str(), path.c_str()) == 0) return {};
  return fail_errno(
      errno, errno == EEXIST ? path + " is there already and stays as it is" : "make " + path);
}

result<void> write_all(const std::vector<first_file>& files, const std::string& directory) {
  struct stat where {};
  if (stat(directory.c_str(), &where) != 0) return fail_errno(errno, directory);
  for (const auto& file : files) {
    if (fs::exists(fs::symlink_status(file.path)))
      return fail(EEXIST, file.path + " is there already; nothing was written");
  }
  const draft_directory drafts(directory);
  if (!drafts.made()) return fail_errno(errno, "make a directory in " + directory);
  const auto draft_of = [&](const first_file& file) {
    return drafts.path() + "/" + fs::path(file.path).filename().string();
  };
  for (const auto& file : files) {
    CAIRN_TRY(write_file(draft_of(file), file.text, where.st_gid));
    CAIRN_TRY(check_draft(draft_of(file), file.path));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto placed = put_in_place(draft_of(files[i]), files[i].path);
    if (placed) continue;
    for (std::size_t made = 0; made < i; ++made) unlink(files[made].path.c_str());
    return placed;
  }
  return {};
}

bool is_below(const std::string& path, std::initializer_list<const char*> directories) {
  return std::ranges::any_of(directories, [&](const char* d) { return path.starts_with(d); });
}

// As a unit file wants a path: in quotes, its own percent signs doubled.
std::string in_unit(const std::string& path) {
  std::string out;
  for (const char c : path) out += c == '%' ? "%%" : std::string(1, c);
  return '"' + out + '"';
}

// The service may write below its state directory only, unless it is told more.
std::string what_the_service_needs(const std::string& path, const std::string& unit) {
  const auto directory = fs::path(path).parent_path().string();
  if (path.starts_with(state_root) && directory + "/" != state_root) return "";
  if (path.starts_with("/dev/"))
    return path +
           " is a device: the service needs a drop-in, see "
           "/usr/share/doc/cairn-gateway/examples/block-devices.conf.example.";
  if (directory + "/" == state_root) return "";
  if (directory == "/" || is_below(path, {"/home/", "/root/", "/tmp/", "/var/tmp/", "/run/"}))
    return path + " is no place that the service can have: choose a directory of its own, " +
           state_root + " or one below /srv for instance.";
  return fmt::format(
      "{} is not below {}: let the service write there with `systemctl edit {}`,\n"
      "  [Service]\n  ReadWritePaths={}\nand give {} to the user cairn.",
      path, state_root, unit, in_unit(directory), directory);
}

json_value json_of(const std::vector<first_file>& files) {
  json_value paths = json_value::array();
  for (const auto& file : files) paths.push_back(file.path);
  return {{"schema", "cairn.config-init/1"}, {"files", std::move(paths)}};
}

void say_what_is_next(const first_setup& setup, const std::vector<first_file>& files) {
  const bool both = setup.role == first_role::both;
  for (const auto& file : files) fmt::print("wrote {}\n", file.path);
  for (const auto& v : setup.volumes) {
    const auto needs =
        what_the_service_needs(v.path, both ? "cairn-gateway@.service" : "cairn-gateway");
    if (!needs.empty()) fmt::print("{}\n", needs);
  }
  if (setup.directory != installed_directory) return;
  fmt::print("next: systemctl enable --now {}\n",
             both ? "cairn-gateway@primary cairn-gateway@secondary cairn-coordinator@primary "
                    "cairn-coordinator@secondary"
                  : "cairn-gateway cairn-coordinator");
  if (both) fmt::print("then: cairn --socket /run/cairn/coordinator-primary.sock status\n");
}

}  // namespace

exit_code write_first_config(const common_options& common, first_options options) {
  auto& setup = options.setup;
  setup.role = options.role == "both"        ? first_role::both
               : options.role == "secondary" ? first_role::secondary
                                             : first_role::primary;
  std::error_code unknown;
  for (const auto& text : options.volumes) {
    auto volume = parse_first_volume(text);
    if (!volume) return complain(exit_code::usage, volume.error().text);
    if (volume->size.empty() && !fs::is_block_file(volume->path, unknown))
      return complain(exit_code::usage,
                      fmt::format("--volume {}: {} is no block device here; a file "
                                  "needs a size, as in {}:10GiB",
                                  text, volume->path, text));
    setup.volumes.push_back(std::move(*volume));
  }
  const auto files = first_files(setup);
  if (!files) return complain(exit_code::usage, files.error().text);
  if (const auto written = write_all(*files, setup.directory); !written)
    return complain(exit_code::failed, written.error().text);
  if (common.json)
    fmt::print("{}\n", json_of(*files).dump(2));
  else
    say_what_is_next(setup, *files);
  return exit_code::done;
}

}  // namespace cairn
