#include "gateway/gateway.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "gateway/control_server.h"
#include "gateway/front_end.h"
#include "gateway/hosts_of_volume.h"
#include "gateway/link/receiver_link.h"
#include "gateway/link/sender_link.h"
#include "gateway/service_sentence.h"

namespace cairn {
namespace {

gateway_config without_what_may_change(gateway_config c) {
  c.log_level.clear();
  for (auto& m : c.members)
    for (auto& v : m.volumes) v.size_bytes = 0;
  return c;
}

}  // namespace

result<std::unique_ptr<gateway>> gateway::open(disk& on, const gateway_config& config,
                                               random_source& random) {
  std::unique_ptr<gateway> opened(new gateway(config));
  CAIRN_TRY(on.make_directory(config.state_directory));
  CAIRN_TRY(opened->open_members(on, random));
  CAIRN_TRY(opened->bind());
  return opened;
}

gateway::gateway(const gateway_config& config) : config_(config) {}

gateway::~gateway() { stop(); }

result<void> gateway::open_members(disk& on, random_source& random) {
  if (!config_.testing.hold) {
    log_warning(
        "[testing] hold = false: acknowledgements are not withheld, markers are no "
        "consistent cuts",
        log_event::testing_switch);
  }
  if (!config_.testing.destage)
    log_warning("[testing] destage = false: the journal is never trimmed and will be full",
                log_event::testing_switch);
  if (!config_.testing.hang.empty())
    log_warning("[testing] hang: the " + config_.testing.hang +
                    " thread of each member stands still, as in a deadlock",
                log_event::testing_switch);
  for (const auto& wanted : config_.members) {
    auto opened = member::open(on, wanted, config_.name, config_.testing, random);
    if (!opened) {
      return fail_in(fmt::format("member {} of group {}", wanted.name, wanted.group),
                     opened.error());
    }
    members_.push_back(std::move(*opened));
  }
  return {};
}

result<void> gateway::bind() {
  std::vector<member*> all;
  for (const auto& each : members_) all.push_back(each.get());
  auto control =
      control_server::open(config_.control, all, [this](member_status& s) { add_hosts(s); });
  if (!control) return fail(std::move(control).error());
  control_ = std::move(*control);
  return make_links();
}

// By what is configured, not by the role of now: a member that was taken over still has to tell its
// old primary so.
result<void> gateway::make_links() {
  std::vector<member*> secondaries;
  for (const auto& each : members_) {
    const member_config& c = each->config();
    if (c.role == member_role::secondary) secondaries.push_back(each.get());
    if (c.role == member_role::primary && c.peer)
      senders_.push_back(std::make_unique<sender_link>(*each));
  }
  if (secondaries.empty() || !config_.link) return {};
  auto door = receiver_link::open(*config_.link, secondaries);
  if (!door) return fail(std::move(door).error());
  receivers_ = std::move(*door);
  return {};
}

void gateway::add(std::unique_ptr<front_end> f) { front_ends_.push_back(std::move(f)); }

void gateway::start() {
  running_ = true;
  for (auto& each : members_) each->start();
  if (receivers_) receivers_->start();
  for (auto& each : senders_) each->start();
  control_->start();
  for (auto& each : front_ends_) each->start();
  log_notice(fmt::format("gateway {} serves {} volumes", config_.name, exports().size()),
             log_event::gateway_started);
}

void gateway::reload(const gateway_config& now) {
  bool grew = false;
  for (auto& each : members_) {
    for (const auto& m : now.members)
      if (m.group == each->config().group && m.name == each->config().name)
        grew = grow(m, *each) || grew;
  }
  set_log_level(log_level_named(now.log_level));
  if (without_what_may_change(now) != without_what_may_change(config_))
    log_warning(
        "only `log` and larger sizes of volumes are taken from the configuration while the gateway "
        "runs; what else has changed takes a restart",
        log_event::restart_needed);
  else if (!grew)
    log_notice("the configuration was read again; no volume has grown",
               log_event::configuration_taken);
  if (!grew) return;
  for (auto& each : senders_) each->greet_again();
  for (auto& each : front_ends_) each->look_at_sizes();
  log_notice("the configuration was read again; hosts and peers are told what has grown",
             log_event::configuration_taken);
}

bool gateway::grow(const member_config& now, member& of) {
  const auto facts = of.facts();
  bool grew = false;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const auto v = std::ranges::find(now.volumes, facts[i].name, &volume_config::name);
    if (v == now.volumes.end()) continue;
    const auto done = of.grow(i, v->size_bytes);
    if (!done)
      log_error("member " + now.name + ": " + done.error().text, log_event::none,
                {now.group, now.name, facts[i].name});
    grew = grew || (done && *done);
  }
  return grew;
}

void gateway::stop() {
  if (!std::exchange(running_, false)) return;
  for (auto& each : members_) each->stop_soon();
  for (auto& each : front_ends_) each->stop();
  control_->stop();
  for (auto& each : senders_) each->stop();
  if (receivers_) receivers_->stop();
  for (auto& each : members_) each->stop();
  log_notice(fmt::format("gateway {} has stopped", config_.name), log_event::gateway_stopped);
}

// Members know nothing of front ends: what their volumes are for hosts is added here.
void gateway::add_hosts(member_status& s) const {
  const auto of = std::ranges::find_if(config_.members, [&](const member_config& m) {
    return m.group == s.group && m.name == s.member;
  });
  if (of == config_.members.end()) return;
  std::vector<volume_session> sessions;
  for (const auto& each : front_ends_)
    std::ranges::move(each->sessions(), std::back_inserter(sessions));
  for (volume_status& each : s.volumes) {
    const auto volume = std::ranges::find(of->volumes, each.name, &volume_config::name);
    if (volume != of->volumes.end()) add_hosts_of(config_, *volume, sessions, each);
  }
}

std::string gateway::sentence() const {
  std::vector<member_status> all;
  std::vector<bool> linked;
  for (const auto& each : members_) {
    all.push_back(each->status());
    // One that was taken over has a listener, but its old primary must not come back.
    linked.push_back(each->config().role == member_role::primary
                         ? each->config().peer.has_value()
                         : all.back().role == member_role::secondary);
  }
  return service_sentence(all, linked);
}

std::optional<exported_volume> gateway::find(const std::string& name) const {
  for (const auto& each : exports()) {
    if (each.facts().name == name) return each;
  }
  return std::nullopt;
}

std::vector<exported_volume> gateway::exports() const {
  std::vector<exported_volume> all;
  for (const auto& each : members_) {
    for (std::size_t i = 0; i < each->config().volumes.size(); ++i)
      all.push_back({each.get(), i, &each->config()});
  }
  return all;
}

}  // namespace cairn
