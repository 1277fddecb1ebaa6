// The plugin that nbdkit loads: its life, its exports, and one line for each request.
//
//   config → get_ready (open: locks, recovery, sockets) → after_fork (start: threads)
//   → open … close per connection → cleanup (stop) → unload
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/prctl.h>

#include <atomic>

#include "base/log.h"
#include "base/service_notify.h"
#include "base/service_watch.h"
#include "base/version.h"
#include "gateway/iscsi/configured.h"
#include "gateway/nbd/callback.h"
#include "gateway/nbd/client_eviction.h"
#include "gateway/nbd/connection.h"
#include "gateway/nbd/reload_signal.h"
#include "gateway/volume/room_patience.h"
#include "storage/posix_disk.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

namespace cairn {
namespace {

// Each may have 16 threads with a buffer of up to 64 MiB each.
constexpr int connections_max = 128;
constexpr std::size_t shown_name_bytes_max = 64;

// nbdkit knows one plugin for the process and hands its callbacks no object: this is the object.
struct {
  std::string config_file;
  gateway_config config;
  std::unique_ptr<gateway> serving;
  std::unique_ptr<service_watch> telling;
  std::unique_ptr<client_eviction> eviction;
  std::unique_ptr<reload_signal> reloading;
  std::atomic<int> connections{0};
} plugin_state;

connection& of(void* handle) { return *static_cast<connection*>(handle); }

// ---- life

int on_config(const char* key, const char* value) {
  return callback([&]() -> result<void> {
    if (std::string(key) != "config") return fail(EINVAL, fmt::format("unknown key `{}`", key));
    plugin_state.config_file = value;
    return {};
  });
}

int on_config_complete() {
  return callback([]() -> result<void> {
    if (plugin_state.config_file.empty()) return fail(EINVAL, "config=FILE is missing");
    return {};
  });
}

result<void> add_iscsi() {
  if (!plugin_state.config.iscsi) return {};
  auto target = iscsi::target_server::open(
      posix_disk(), iscsi::configured(plugin_state.config, plugin_state.serving->exports()),
      system_random());
  if (!target) return fail(std::move(target).error());
  plugin_state.serving->add(std::move(*target));
  return {};
}

int on_get_ready() {
  return callback([]() -> result<void> {
    // nbdkit asks for SIGTERM at its parent's end when it gets its sockets by activation. Whoever
    // started the gateway may go; hosts want it to stay.
    prctl(PR_SET_PDEATHSIG, 0);
    block_reload_signal();
    auto config = read_gateway_config(plugin_state.config_file);
    if (!config) return fail(config.error());
    plugin_state.config = std::move(*config);
    set_log_identifier("cairn-gateway");
    set_log_level(log_level_named(plugin_state.config.log_level));
    auto opened = gateway::open(posix_disk(), plugin_state.config, system_random());
    if (!opened) return fail(std::move(opened).error());
    plugin_state.serving = std::move(*opened);
    return add_iscsi();
  });
}

// A configuration with errors changes nothing.
void reload() {
  callback([]() -> result<void> {
    service::reloading();
    const auto now = read_gateway_config(plugin_state.config_file);
    if (now)
      plugin_state.serving->reload(*now);
    else
      log_error("the configuration is not taken: " + now.error().text,
                log_event::configuration_refused);
    service::ready();
    return {};
  });
}

int on_after_fork() {
  return callback([]() -> result<void> {
    plugin_state.telling =
        std::make_unique<service_watch>([] { return plugin_state.serving->sentence(); });
    auto watching = client_eviction::watch(
        plugin_state.config, [] { plugin_state.telling->stopping(); }, nbdkit_shutdown);
    if (!watching) return fail(std::move(watching).error());
    plugin_state.eviction = std::move(*watching);
    plugin_state.serving->start();
    auto reloading = reload_signal::listen(reload);
    if (!reloading) return fail(std::move(reloading).error());
    plugin_state.reloading = std::move(*reloading);
    // Hosts that connect before nbdkit accepts them wait in the backlog of its sockets.
    service::ready();
    return {};
  });
}

void on_cleanup() {
  callback([]() -> result<void> {
    plugin_state.eviction.reset();
    plugin_state.reloading.reset();
    if (plugin_state.telling) plugin_state.telling->stopping();
    if (plugin_state.serving) plugin_state.serving->stop();
    plugin_state.telling.reset();
    return {};
  });
}

void on_unload() {
  callback([]() -> result<void> {
    plugin_state.serving.reset();
    return {};
  });
}

// ---- exports

int on_preconnect(int) { return client_eviction::stopping() ? -1 : 0; }

int on_list_exports(int, int, nbdkit_exports* list) {
  return callback([&]() -> result<void> {
    for (const auto& each : plugin_state.serving->exports()) {
      if (nbdkit_add_export(list, each.facts().name.c_str(), describe(each).c_str()) == -1) {
        return fail(ENOMEM, "the list of exports could not be made");
      }
    }
    return {};
  });
}

const char* on_default_export(int, int) {
  return callback<const char*>(nullptr, []() -> result<const char*> {
    const auto all = plugin_state.serving->exports();
    return all.size() == 1 ? nbdkit_strdup_intern(all.front().facts().name.c_str()) : "";
  });
}

// The name is whatever the client sent.
std::string printable(const std::string& name) {
  std::string shown;
  for (const unsigned char c : name.substr(0, shown_name_bytes_max)) {
    shown += c >= ' ' && c < 0x7f ? std::string(1, char(c)) : fmt::format("\\x{:02x}", c);
  }
  return name.size() > shown_name_bytes_max ? shown + "…" : shown;
}

result<void*> connect_to(const std::string& name) {
  const auto volume = plugin_state.serving->find(name);
  if (!volume) {
    std::vector<std::string> names;
    for (const auto& each : plugin_state.serving->exports()) names.push_back(each.facts().name);
    return fail(ENOENT, fmt::format("there is no export `{}`; this gateway has {}", printable(name),
                                    fmt::join(names, ", ")));
  }
  auto made = std::make_unique<connection>(*volume);
  if (plugin_state.connections.fetch_add(1) >= connections_max) {
    plugin_state.connections.fetch_sub(1);
    return fail(EBUSY,
                fmt::format("{} connections are open, the most that are allowed", connections_max));
  }
  return made.release();
}

void* on_open(int) {
  return callback<void*>(nullptr, []() -> result<void*> {
    const auto* name = nbdkit_export_name();
    return connect_to(name == nullptr ? "" : name);
  });
}

void on_close(void* handle) {
  delete &of(handle);
  plugin_state.connections.fetch_sub(1);
}

const char* on_export_description(void* handle) {
  return callback<const char*>(nullptr, [&]() -> result<const char*> {
    return nbdkit_strdup_intern(of(handle).description().c_str());
  });
}

// ---- what a connection can do

int64_t on_get_size(void* handle) { return static_cast<int64_t>(of(handle).size_bytes()); }
int on_can_write(void* handle) { return of(handle).writable() ? 1 : 0; }
int yes(void*) { return 1; }
int no(void*) { return 0; }
int on_can_fua(void*) { return NBDKIT_FUA_NATIVE; }
int on_can_cache(void*) { return NBDKIT_CACHE_NONE; }

int on_block_size(void*, uint32_t* minimum, uint32_t* preferred, uint32_t* maximum) {
  *minimum = sector_bytes;
  *preferred = preferred_block_bytes;
  *maximum = request_bytes_max;
  return 0;
}

// ---- requests

int on_pread(void* handle, void* buffer, uint32_t count, uint64_t offset, uint32_t) {
  return callback([&] {
    return of(handle).read({static_cast<std::byte*>(buffer), count}, offset);
  });
}

// Hosts that write faster than the disks take it are slowed down evenly.
void keep_pace(const connection& c, std::uint64_t write_bytes) {
  if (const auto wait = c.write_delay(write_bytes); wait.count() > 0)
    nbdkit_nanosleep(0, static_cast<unsigned>(wait.count()) * 1000);
}

// Ends at once when nbdkit stops or the client goes.
bool pause() {
  using std::chrono::nanoseconds;
  return nbdkit_nanosleep(0, static_cast<unsigned>(nanoseconds(room_patience::moment).count())) ==
         0;
}

int on_pwrite(void* handle, const void* buffer, uint32_t count, uint64_t offset, uint32_t flags) {
  const byte_view bytes{static_cast<const std::byte*>(buffer), count};
  return callback([&] {
    keep_pace(of(handle), count);
    return when_there_is_room(
        [&] { return of(handle).room(); }, pause,
        [&] { return of(handle).write(bytes, offset, (flags & NBDKIT_FLAG_FUA) != 0); });
  });
}

int on_flush(void* handle, uint32_t) {
  return callback([&] { return of(handle).flush(); });
}

result<void> clear(connection& c, record_kind kind, byte_range range, uint32_t flags) {
  keep_pace(c, 0);
  return when_there_is_room([&] { return c.room(); }, pause,
                            [&] { return c.clear(kind, range, (flags & NBDKIT_FLAG_FUA) != 0); });
}

int on_trim(void* handle, uint32_t count, uint64_t offset, uint32_t flags) {
  return callback([&] { return clear(of(handle), record_kind::trim, {offset, count}, flags); });
}

// Journaled zeroes cost one header whatever their length, so FAST_ZERO needs no answer of its own.
int on_zero(void* handle, uint32_t count, uint64_t offset, uint32_t flags) {
  return callback([&] {
    const auto kind = (flags & NBDKIT_FLAG_MAY_TRIM) != 0 ? record_kind::trim : record_kind::zero;
    return clear(of(handle), kind, {offset, count}, flags);
  });
}

int on_extents(void* handle, uint32_t count, uint64_t offset, uint32_t, nbdkit_extents* list) {
  return callback([&]() -> result<void> {
    const auto found = of(handle).extents({offset, count});
    if (!found) return fail(found.error());
    for (const auto& each : *found) {
      const uint32_t type =
          (each.hole ? NBDKIT_EXTENT_HOLE : 0) | (each.zero ? NBDKIT_EXTENT_ZERO : 0);
      if (nbdkit_add_extent(list, each.range.offset, each.range.length, type) == -1) {
        return fail(EIO, "the list of extents could not be made");
      }
    }
    return {};
  });
}

nbdkit_plugin make_plugin() {
  nbdkit_plugin p{};
  p.name = "cairn";
  p.longname = "Cairn gateway";
  p.version = version_text().c_str();
  p.description = "block volumes that are journaled and copied to another site";
  p.config_help = "config=FILE  (required) the gateway's configuration";
  p.magic_config_key = "config";
  p.errno_is_preserved = 0;
  p.unload = on_unload;
  p.config = on_config;
  p.config_complete = on_config_complete;
  p.get_ready = on_get_ready;
  p.after_fork = on_after_fork;
  p.cleanup = on_cleanup;
  p.preconnect = on_preconnect;
  p.list_exports = on_list_exports;
  p.default_export = on_default_export;
  p.open = on_open;
  p.close = on_close;
  p.export_description = on_export_description;
  p.get_size = on_get_size;
  p.can_write = on_can_write;
  p.can_flush = yes;
  p.can_trim = yes;
  p.can_zero = yes;
  p.can_fast_zero = yes;
  p.can_multi_conn = yes;  // one journal: a flush covers what any connection wrote
  p.can_extents = yes;
  p.is_rotational = no;
  p.can_fua = on_can_fua;
  p.can_cache = on_can_cache;
  p.block_size = on_block_size;
  p.pread = on_pread;
  p.pwrite = on_pwrite;
  p.flush = on_flush;
  p.trim = on_trim;
  p.zero = on_zero;
  p.extents = on_extents;
  return p;
}

nbdkit_plugin plugin = make_plugin();

}  // namespace
}  // namespace cairn

NBDKIT_REGISTER_PLUGIN(cairn::plugin)
