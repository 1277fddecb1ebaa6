#include "webui/commands.h"

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "webui/problem.h"
#include "webui/view_json.h"

namespace cairn {
namespace {

using nlohmann::json;

constexpr std::size_t marker_name_max = 64;
const char* const ask_the_other = "Ask the coordinator of the other site.";

http_response bad_request(const std::string& detail) {
  return problem(400, detail, "The body is a JSON object; docs/api.md lists its keys.");
}

// The body as an object with known keys only; a sentence otherwise.
result<json> read_object(const std::string& body, const std::vector<std::string>& keys) {
  // Deep nesting could exhaust the stack; our bodies are flat.
  bool flat = true;
  const json object = json::parse(
      body.empty() ? "{}" : body,
      [&](int depth, json::parse_event_t, json&) {
        flat = flat && depth <= 1;
        return flat;
      },
      false);
  if (!flat || object.is_discarded() || !object.is_object()) {
    return fail(EINVAL, "The body is not a flat JSON object.");
  }
  for (const auto& [key, value] : object.items()) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      return fail(EINVAL, "The body has the unknown key \"" + key + "\".");
    }
  }
  return object;
}

result<std::string> text_at(const json& object, const char* key) {
  if (!object.contains(key)) return std::string();
  if (!object[key].is_string()) return fail(EINVAL, std::string(key) + " must be a text.");
  return object[key].get<std::string>();
}

result<bool> flag_at(const json& object, const char* key) {
  if (!object.contains(key)) return false;
  if (!object[key].is_boolean()) return fail(EINVAL, std::string(key) + " must be true or false.");
  return object[key].get<bool>();
}

result<std::optional<marker_number>> marker_at(const json& object, const char* key) {
  if (!object.contains(key) || object[key].is_null()) return std::optional<marker_number>();
  if (!object[key].is_number_unsigned() || object[key] == 0) {
    return fail(EINVAL, std::string(key) + " must be a marker's number, 1 or more.");
  }
  return std::optional(marker_number(object[key].get<std::uint64_t>()));
}

unsigned status_of(const error& e) {
  switch (e.code) {
    case ENOENT:
      return 404;
    case ENOTSUP:
    case EBUSY:
    case EEXIST:
      return 409;
    case EINVAL:
      return 400;
    default:
      return 503;
  }
}

http_response started(coordinator_api& api, const result<std::uint64_t>& id,
                      const std::string& hint) {
  if (!id)
    return problem(status_of(id.error()), id.error().text, id.error().code == ENOTSUP ? hint : "");
  const auto now = api.operation(*id);
  if (!now) return problem(500, "The operation was forgotten at once.", "Look at the events.");
  return {202,
          operation_json(*now),
          {{"Content-Type", "application/json"},
           {"Location", "/api/v1/operations/" + std::to_string(*id)}}};
}

struct takeover_wish {
  std::string group;
  std::string confirm;
  std::optional<marker_number> at;
  bool dry_run = false;
};

result<takeover_wish> read_takeover(const std::string& body) {
  const auto object = read_object(body, {"group", "at", "dry_run", "confirm"});
  if (!object) return fail(object.error());
  const auto group = text_at(*object, "group");
  if (!group) return fail(group.error());
  const auto confirm = text_at(*object, "confirm");
  if (!confirm) return fail(confirm.error());
  const auto at = marker_at(*object, "at");
  if (!at) return fail(at.error());
  const auto dry_run = flag_at(*object, "dry_run");
  if (!dry_run) return fail(dry_run.error());
  return takeover_wish{*group, *confirm, *at, *dry_run};
}

}  // namespace

http_response post_marker(coordinator_api& api, const std::string& body) {
  const auto object = read_object(body, {"name"});
  if (!object) return bad_request(object.error().text);
  const auto name = text_at(*object, "name");
  if (!name) return bad_request(name.error().text);
  if (name->size() > marker_name_max) {
    return bad_request("A marker's name has at most 64 bytes.");
  }
  return started(api, api.marker_now(*name), ask_the_other);
}

http_response post_takeover(coordinator_api& api, const std::string& body) {
  const auto wish = read_takeover(body);
  if (!wish) return bad_request(wish.error().text);
  const std::string group = api.snapshot().group;
  if (wish->group != group) {
    return problem(404, "There is no group \"" + wish->group + "\" here.",
                   "This coordinator's group is \"" + group + "\".");
  }
  if (wish->dry_run) return started(api, api.plan_takeover(wish->at), ask_the_other);
  if (wish->confirm != group) {
    return problem(409, "A takeover must be confirmed with the group's name.",
                   "Look at the plan first (dry_run), then send \"confirm\": \"" + group + "\".");
  }
  return started(api, api.run_takeover(wish->at), ask_the_other);
}

}  // namespace cairn
