#include "webui/routes.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "webui/assets.h"
#include "webui/commands.h"
#include "webui/host_check.h"
#include "webui/metrics.h"
#include "webui/problem.h"
#include "webui/view_json.h"

namespace cairn {
namespace {

constexpr std::size_t summary_markers = 20;
constexpr std::uint64_t summary_events = 20;
constexpr std::uint64_t markers_max = 1000;

const std::pair<std::string, std::string> always[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "connect-src 'self'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"}};

http_response json_answer(std::string body) {
  return {
      200, std::move(body), {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}};
}

http_response not_found(const std::string& what) {
  return problem(404, "There is no " + what + ".", "docs/api.md lists what there is.");
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, e] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (e != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The number behind `key=` in a query; `otherwise` when it is absent, nullopt when it is no number.
std::optional<std::uint64_t> query_number(std::string_view query, std::string_view key,
                                          std::uint64_t otherwise) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = part.find('=');
    if (part.substr(0, equals) != key) continue;
    return equals == std::string_view::npos ? std::nullopt : number_of(part.substr(equals + 1));
  }
  return otherwise;
}

http_response serve(const asset& a, const http_request& request) {
  http_response r;
  r.headers = {
      {"ETag", std::string(a.etag)}, {"Cache-Control", "no-cache"}, {"Vary", "Accept-Encoding"}};
  if (request.if_none_match.find(a.etag) != std::string::npos) {
    r.status = 304;
    return r;
  }
  r.headers.emplace_back("Content-Type", a.type);
  if (request.accepts_gzip) r.headers.emplace_back("Content-Encoding", "gzip");
  r.body = request.accepts_gzip ? a.gzip : a.plain;
  return r;
}

// The newest few, oldest first.
std::vector<event_view> newest_events(coordinator_api& api) {
  auto events = api.events(0);
  if (events.size() > summary_events) {
    events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(summary_events));
  }
  return events;
}

std::int64_t display_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

http_response wrong_number(const std::string& key) {
  return problem(400, key + " must be a whole number.", "For example ?" + key + "=60.");
}

}  // namespace

http_routes::http_routes(coordinator_api& api, const lag_history& history, std::string host)
    : api_(api), history_(history), host_(std::move(host)) {}

http_response http_routes::answer(const http_request& request, http_access access) const {
  http_response r = route(request, access);
  r.headers.insert(r.headers.end(), std::begin(always), std::end(always));
  return r;
}

http_response http_routes::route(const http_request& request, http_access access) const {
  if (access == http_access::read_only &&
      (request.host_count != 1 || !host_is_ours(request.host, host_))) {
    return problem(421, "This server does not answer for the host that was asked.",
                   "Use localhost, the server's address or its configured host.");
  }
  if (request.method == "GET" || request.method == "HEAD") return get(request);
  if (request.method != "POST") {
    auto r = problem(405, "Only GET, HEAD and POST are served.", "");
    r.headers.emplace_back("Allow", "GET, HEAD, POST");
    return r;
  }
  return access == http_access::full
             ? post(request)
             : problem(403, "Nothing can be changed over TCP.",
                       "Use the cairn command, which talks to the coordinator's Unix socket.");
}

http_response http_routes::get(const http_request& request) const {
  const auto question = request.target.find('?');
  const std::string path = request.target.substr(0, question);
  const std::string query =
      question == std::string::npos ? "" : request.target.substr(question + 1);
  if (path == "/healthz") return health();
  if (path == "/metrics") {
    return {200, metrics_text(api_.snapshot()), {{"Content-Type", "text/plain; version=0.0.4"}}};
  }
  const std::string_view api = "/api/v1/";
  if (path.starts_with(api)) return get_api(path.substr(api.size()), query);
  const asset* file = find_asset(path);
  return file ? serve(*file, request) : not_found("such page");
}

http_response http_routes::get_api(const std::string& path, const std::string& query) const {
  if (path == "summary") {
    return json_answer(summary_json(api_.snapshot(), api_.markers(summary_markers),
                                    newest_events(api_), display_now()));
  }
  if (path == "group") return json_answer(group_json(api_.snapshot()));
  if (path == "members") return json_answer(members_json(api_.snapshot()));
  if (path == "markers") {
    const auto limit = query_number(query, "limit", 100);
    if (!limit) return wrong_number("limit");
    return json_answer(markers_json(api_.markers(std::min(*limit, markers_max)), display_now()));
  }
  if (path == "events") {
    const auto after = query_number(query, "after", 0);
    return after ? json_answer(events_json(api_.events(*after))) : wrong_number("after");
  }
  if (path == "history") {
    const auto seconds = query_number(query, "seconds", history_samples_max);
    if (!seconds) return wrong_number("seconds");
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::seconds span(std::min<std::uint64_t>(*seconds, history_samples_max));
    return json_answer(history_json(history_.last(span, now), api_.snapshot().rpo_target_ms, now));
  }
  const std::string operations = "operations/";
  if (path.starts_with(operations)) {
    const auto id = number_of(std::string_view(path).substr(operations.size()));
    const auto operation = id ? api_.operation(*id) : std::nullopt;
    return operation ? json_answer(operation_json(*operation)) : not_found("such operation");
  }
  return not_found("such route");
}

http_response http_routes::post(const http_request& request) const {
  const bool from_elsewhere = !request.fetch_site.empty() && request.fetch_site != "same-origin";
  if (from_elsewhere) return problem(403, "Another site may not change anything here.", "");
  if (!request.body.empty() && !request.content_type.starts_with("application/json")) {
    return problem(415, "The body must be JSON.", "Send Content-Type: application/json.");
  }
  if (request.target == "/api/v1/markers") return post_marker(api_, request.body);
  if (request.target == "/api/v1/takeover") return post_takeover(api_, request.body);
  return not_found("such command");
}

http_response http_routes::health() const {
  return {200, "ok\n", {{"Content-Type", "text/plain; charset=utf-8"}}};
}

}  // namespace cairn
