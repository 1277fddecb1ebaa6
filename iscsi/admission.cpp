#include "iscsi/admission.h"

#include <algorithm>

#include "base/iscsi_name.h"

namespace cairn::iscsi {
namespace {

unless_refused<bool> is_discovery(const text_list& keys) {
  const auto* type = find_value(keys, "SessionType");
  if (type == nullptr || *type == "Normal") return false;
  if (*type == "Discovery") return true;
  return refuse(login_status::unsupported_session_type, "a SessionType that is none");
}

unless_refused<std::string> initiator_of(const text_list& keys) {
  const auto* said = find_value(keys, "InitiatorName");
  if (said == nullptr) return refuse(login_status::missing_parameter, "no InitiatorName");
  auto name = iscsi_name(*said);
  if (!name) return refuse(login_status::initiator_error, "an InitiatorName that is none");
  return *std::move(name);
}

unless_refused<const target_rules*> target_of(const text_list& keys, const login_rules& rules) {
  const auto* said = find_value(keys, "TargetName");
  if (said == nullptr) return refuse(login_status::missing_parameter, "no TargetName");
  const auto name = iscsi_name(*said);
  if (!name) return refuse(login_status::target_not_found, "a TargetName that is none");
  const auto found = std::ranges::find(rules.targets, *name, &target_rules::name);
  if (found == rules.targets.end()) {
    return refuse(login_status::target_not_found, "there is no target " + *name);
  }
  return &*found;
}

}  // namespace

bool is_naming_key(std::string_view key) {
  return key == "InitiatorName" || key == "TargetName" || key == "InitiatorAlias" ||
         key == "SessionType";
}

bool is_target_key(std::string_view key) {
  return key == "TargetAlias" || key == "TargetAddress" || key == "TargetPortalGroupTag";
}

bool lets_in(const target_rules& target, const std::string& initiator) {
  return target.initiators.empty() ||
         std::ranges::find(target.initiators, initiator) != target.initiators.end();
}

unless_refused<admission> admit(const text_list& keys, const login_rules& rules) {
  auto initiator = initiator_of(keys);
  if (!initiator) return tl::unexpected(initiator.error());
  const auto discovery = is_discovery(keys);
  if (!discovery) return tl::unexpected(discovery.error());
  admission out{*std::move(initiator), *discovery, nullptr};
  if (out.discovery) return out;
  const auto target = target_of(keys, rules);
  if (!target) return tl::unexpected(target.error());
  if (!lets_in(**target, out.initiator)) {
    return refuse(login_status::not_authorized,
                  out.initiator + " is not among the initiators of " + (*target)->name);
  }
  out.target = *target;
  return out;
}

}  // namespace cairn::iscsi
