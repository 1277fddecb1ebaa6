#include "gateway/control_session.h"

namespace cairn {
namespace {

control_refusal refuse_hello(std::string why) {
  control_refusal no;
  no.about = "HELLO";
  no.reason = std::move(why);
  return no;
}

// How a request is called in a refusal, and the marker that it is about.
struct request_name {
  const char* about = "";
  marker_id marker;
};
request_name name_of_request(const control_message& m) {
  if (const auto* k = std::get_if<mark>(&m)) return {"MARK", k->marker};
  if (const auto* r = std::get_if<release>(&m)) return {"RELEASE", r->marker};
  if (const auto* a = std::get_if<abandon>(&m)) return {"ABANDON", a->marker};
  if (const auto* a = std::get_if<apply>(&m)) return {"APPLY", a->marker};
  if (const auto* p = std::get_if<promote>(&m)) return {"PROMOTE", p->marker};
  return {"REPORT", {}};
}

control_refusal refusal_of(const control_message& m, const member& of, const std::string& why) {
  const auto asked = name_of_request(m);
  const auto known = of.welcome();
  control_refusal no;
  no.about = asked.about;
  no.reason = "member " + of.config().name + ": " + why;
  no.marker = asked.marker;
  // The two coordinators count their epochs apart.
  const bool round = turn_of(m) == control_turn::round;
  no.highest_epoch = round ? known.marker_epoch : known.selection_epoch;
  no.highest_marker = known.marker_last;
  return no;
}

}  // namespace

control_greeting greet(const control_message& first, std::span<member* const> members) {
  const auto* hello = std::get_if<coordinator_hello>(&first);
  if (!hello) return {nullptr, {}, refuse_hello("the first message is not a hello")};
  if (hello->version != control_version)
    return {nullptr, hello->coordinator,
            refuse_hello("this gateway speaks version " + std::to_string(control_version) +
                         " of the control protocol, coordinator " + hello->coordinator +
                         " version " + std::to_string(hello->version))};
  for (member* m : members)
    if (m->config().group == hello->group && m->config().name == hello->member)
      return {m, hello->coordinator, m->welcome()};
  return {
      nullptr, hello->coordinator,
      refuse_hello("this gateway has no member " + hello->member + " of group " + hello->group)};
}

std::optional<control_turn> turn_of(const control_message& m) {
  if (std::holds_alternative<status_request>(m)) return control_turn::at_once;
  if (std::holds_alternative<mark>(m) || std::holds_alternative<release>(m) ||
      std::holds_alternative<abandon>(m))
    return control_turn::round;
  if (std::holds_alternative<report>(m) || std::holds_alternative<apply>(m) ||
      std::holds_alternative<promote>(m))
    return control_turn::selection;
  return std::nullopt;
}

bool control_session::admit(control_turn turn) {
  return turn != control_turn::selection || !selecting_.exchange(true);
}

void control_session::obey(const control_message& m, monotonic_time now) {
  switch (*turn_of(m)) {
    case control_turn::at_once: {
      member_status s = to_.status();
      if (add_) add_(s);
      return send_(s);
    }
    case control_turn::round:
      return on_round(m, now);
    case control_turn::selection: {
      const auto answer = on_selection(m);
      selecting_ = false;
      return send_(answer);
    }
  }
}

void control_session::on_round(const control_message& m, monotonic_time now) {
  auto* const primary = to_.rounds();
  if (!primary) return send_(wrong_role(m, "primary"));
  if (const auto* k = std::get_if<mark>(&m)) primary->on_mark(*k, now, send_);
  if (const auto* r = std::get_if<release>(&m)) primary->on_release(*r, now);
  if (const auto* a = std::get_if<abandon>(&m)) primary->on_abandon(*a, now);
}

control_message control_session::on_selection(const control_message& m) {
  auto* const secondary = to_.selection();
  if (!secondary) return wrong_role(m, "secondary");
  if (const auto* r = std::get_if<report>(&m)) return secondary->on_report(*r);
  if (const auto* a = std::get_if<apply>(&m)) return secondary->on_apply(*a);
  return secondary->on_promote(std::get<promote>(m));
}

control_refusal control_session::wrong_role(const control_message& m, const char* wanted) const {
  return refusal_of(m, to_, std::string("it is ") + name_of(to_.role()) + ", not " + wanted);
}

void control_session::turn_away(const control_message& m) {
  if (turn_of(m) == control_turn::selection) selecting_ = false;
  send_(refusal_of(m, to_, "it has not come to what was asked before: its disk keeps it waiting"));
}

}  // namespace cairn
