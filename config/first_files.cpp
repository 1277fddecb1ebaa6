#include "config/first_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "config/commented_file.h"
#include "config/units.h"

namespace cairn {
namespace {

constexpr int nbd_port = 10809, iscsi_port = 3260, link_port = 7330, control_port = 7331,
              http_port = 7380;
constexpr const char* loopback = "127.0.0.1";
constexpr const char* second_loopback = "127.0.0.2";  // of the secondary, where both are here
constexpr std::uint64_t segments_wanted = 8;
constexpr const char* state_root = "/var/lib/cairn";
constexpr const char* run_root = "/run/cairn";

// One gateway with its coordinator.
struct side {
  bool primary;
  std::string suffix;   // "-primary" of file names where both sides are here, else empty
  std::string address;  // for hosts and the peer
  std::string inside;   // for the coordinator and the page: loopback
  std::string peer;     // of a primary
};

std::string at(const std::string& host, int port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

// An address is written in brackets in files, and often here, too.
std::string without_brackets(const std::string& host) {
  const bool has = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return has ? host.substr(1, host.size() - 2) : host;
}

result<bool> beyond_loopback(const std::string& option, const std::string& host) {
  const auto where = parse_endpoint(at(host, link_port));
  if (!where) return fail(EINVAL, fmt::format("{} {}: an IP address is wanted", option, host));
  return !is_loopback(*where);
}

// A journal smaller than the default has smaller segments, so that it still has several.
std::string segment_of(const std::string& journal_size) {
  const auto bytes = parse_size(journal_size);
  std::uint64_t mib = 256;
  while (bytes && mib > 2 && (mib << 20) * segments_wanted > *bytes) mib /= 2;
  return fmt::format("{}MiB", mib);
}

chosen_table journal_of(const first_setup& setup, const side& s) {
  chosen_table out;
  out.plain["directory"] = fmt::format("{}/{}{}/journal", state_root, setup.member, s.suffix);
  if (setup.journal_size.empty()) return out;
  out.plain["size"] = setup.journal_size;
  out.plain["segment"] = segment_of(setup.journal_size);
  return out;
}

chosen_table volume_of(const first_volume& v, const side& s) {
  chosen_table out;
  out.plain = {{"name", v.name}, {"path", v.path + (s.primary ? "" : s.suffix)}};
  if (!v.size.empty()) out.plain["size"] = v.size;
  return out;
}

chosen_table member_of(const first_setup& setup, const side& s) {
  chosen_table out;
  out.plain = {{"group", setup.group},
               {"name", setup.member},
               {"role", s.primary ? "primary" : "secondary"}};
  if (!s.peer.empty()) out.plain["peer"] = at(s.peer, link_port);
  out.inner["journal"] = {journal_of(setup, s)};
  for (const auto& v : setup.volumes) out.inner["volume"].push_back(volume_of(v, s));
  return out;
}

chosen_table one_address(const std::string& host, int port) {
  chosen_table out;
  out.plain["listen"] = at(host, port);
  return out;
}

chosen_table gateway_of(const first_setup& setup, const side& s, bool insecure) {
  chosen_table own, nbd = one_address(s.address, nbd_port), out;
  own.plain = {{"name", setup.member + (s.primary ? "-primary" : "-secondary")},
               {"state", fmt::format("{}/gateway{}", state_root, s.suffix)}};
  if (insecure) {
    own.plain["insecure"] = "true";
    own.remarks["insecure"] =
        "It is true because this file has addresses that other machines reach. Use a network of "
        "your own for them.";
  }
  nbd.plain["socket"] = fmt::format("{}/gateway{}.sock", run_root, s.suffix);
  out.inner = {{"gateway", {own}},
               {"nbd", {nbd}},
               {"control", {one_address(s.inside, control_port)}},
               {"member", {member_of(setup, s)}}};
  if (!s.primary) out.inner["link"] = {one_address(s.address, link_port)};
  if (setup.iscsi) out.inner["iscsi"] = {one_address(s.address, iscsi_port)};
  return out;
}

chosen_table coordinator_of(const first_setup& setup, const side& s) {
  chosen_table own, member, out;
  own.plain = {{"name", s.primary ? "site-a" : "site-b"},
               {"group", setup.group},
               {"role", s.primary ? "primary" : "secondary"},
               {"state", fmt::format("{}/coordinator{}", state_root, s.suffix)},
               {"socket", fmt::format("{}/coordinator{}.sock", run_root, s.suffix)}};
  member.plain = {{"name", setup.member}, {"control", at(s.inside, control_port)}};
  out.inner = {{"coordinator", {own}},
               {"http", {one_address(s.inside, http_port)}},
               {"markers", {chosen_table{}}},
               {"member", {member}}};
  return out;
}

// Their directories in state_root are the services' own.
bool is_name_of_service(const std::string& member) {
  return member.starts_with("gateway") || member.starts_with("coordinator");
}

result<void> check_name(const std::string& option, const std::string& name) {
  if (is_name(name)) return {};
  return fail(EINVAL, fmt::format("{} {}: a name is {}", option, name, name_rule));
}

result<void> check_volume(const first_setup& setup, const first_volume& v) {
  CAIRN_TRY(check_name("--volume", v.name));
  if (setup.role == first_role::both && v.path.starts_with("/dev/"))
    return fail(EINVAL, fmt::format("--volume {}={}: both sides can't have one device; with --role "
                                    "both volumes are files",
                                    v.name, v.path));
  return {};
}

result<bool> check(const first_setup& setup) {
  CAIRN_TRY(check_name("--group", setup.group));
  CAIRN_TRY(check_name("--member", setup.member));
  for (const auto& v : setup.volumes) CAIRN_TRY(check_volume(setup, v));
  if (is_name_of_service(setup.member))
    return fail(EINVAL,
                fmt::format("--member {}: a member is not called gateway… or coordinator…, as "
                            "the services' directories are",
                            setup.member));
  const bool here = setup.role == first_role::both;
  if (here && (!setup.peer.empty() || setup.listen != loopback))
    return fail(EINVAL,
                "--role both puts both sides on this machine's loopback: leave out --peer "
                "and --listen");
  if (setup.role == first_role::secondary && !setup.peer.empty())
    return fail(EINVAL, "--peer: a secondary connects to nobody; its primary connects to --listen");
  if (!setup.journal_size.empty()) CAIRN_TRY(parse_size(setup.journal_size));
  if (setup.peer == setup.listen)
    return fail(EINVAL, fmt::format("--peer {}: that is this machine's own --listen", setup.peer));
  const auto listens = beyond_loopback("--listen", setup.listen);
  if (!listens) return fail(listens.error());
  if (setup.peer.empty()) return *listens;
  const auto connects = beyond_loopback("--peer", setup.peer);
  if (!connects) return fail(connects.error());
  return *listens || *connects;
}

std::vector<side> sides_of(const first_setup& setup) {
  if (setup.role == first_role::both) {
    return {{true, "-primary", loopback, loopback, second_loopback},
            {false, "-secondary", second_loopback, second_loopback, ""}};
  }
  return {{setup.role == first_role::primary, "", setup.listen, loopback, setup.peer}};
}

}  // namespace

result<std::vector<first_file>> first_files(first_setup setup) {
  setup.listen = without_brackets(setup.listen);
  setup.peer = without_brackets(setup.peer);
  const auto insecure = check(setup);
  if (!insecure) return fail(insecure.error());
  std::vector<first_file> files;
  for (const auto& s : sides_of(setup)) {
    files.push_back({fmt::format("{}/gateway{}.toml", setup.directory, s.suffix),
                     commented_file(gateway_keys(), gateway_of(setup, s, *insecure))});
    files.push_back({fmt::format("{}/coordinator{}.toml", setup.directory, s.suffix),
                     commented_file(coordinator_keys(), coordinator_of(setup, s))});
  }
  return files;
}

result<first_volume> parse_first_volume(const std::string& text) {
  const auto equals = text.find('=');
  const auto colon = text.rfind(':');
  const bool sized = colon != std::string::npos && colon > equals && !text.ends_with(':');
  first_volume out;
  if (equals != std::string::npos) {
    out.name = text.substr(0, equals);
    out.path = text.substr(equals + 1, sized ? colon - equals - 1 : std::string::npos);
    if (sized) out.size = text.substr(colon + 1);
  }
  if (out.name.empty() || !out.path.starts_with('/')) {
    return fail(EINVAL,
                fmt::format("--volume {}: write NAME=PATH:SIZE with an absolute path, as in "
                            "db=/var/lib/cairn/db.img:10GiB, or NAME=DEVICE",
                            text));
  }
  if (sized)
    if (const auto size = parse_size(out.size); !size)
      return fail(EINVAL, fmt::format("--volume {}: {}", text, size.error().text));
  return out;
}

}  // namespace cairn
