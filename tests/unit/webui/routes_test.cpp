#include "webui/routes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/version.h"
#include "tests/ui/canned_coordinator.h"
#include "webui/assets.h"

namespace cairn {
namespace {

using nlohmann::json;

class routes : public testing::Test {
 protected:
  routes() {
    coordinator.now.group = "lab";
    coordinator.now.verdict = "All is well.";
    coordinator.now.level = verdict_level::fine;
    coordinator.now.rpo_now = 1200;
    coordinator.now.rpo_target_ms = 5000;
    coordinator.now.members = {{"m1", "127.0.0.1:7331", true, "", 5, 5, true, member_status{}}};
    for (std::uint64_t n = 9; n > 0; --n) {
      coordinator.made.push_back({});
      coordinator.made.back().marker = {marker_number(n), epoch(2)};
      coordinator.made.back().outcome = "sealed";
    }
  }

  static http_request request(const std::string& method, const std::string& target) {
    http_request r;
    r.method = method;
    r.target = target;
    r.host = "localhost:7380";
    r.host_count = 1;
    return r;
  }
  http_response get(const std::string& target) {
    return routes_.answer(request("GET", target), http_access::read_only);
  }
  http_response post(const std::string& target, const std::string& body) {
    auto r = request("POST", target);
    r.content_type = "application/json";
    r.body = body;
    return routes_.answer(r, http_access::full);
  }
  static std::string header(const http_response& r, const std::string& name) {
    for (const auto& [key, value] : r.headers) {
      if (key == name) return value;
    }
    return "";
  }

  canned_coordinator coordinator;
  lag_history history;
  http_routes routes_{coordinator, history, "cairn.example"};
};

TEST_F(routes, TheSummaryCarriesVerdictMembersAndMarkers) {
  const auto answer = get("/api/v1/summary");
  ASSERT_EQ(answer.status, 200u);
  EXPECT_EQ(header(answer, "Content-Type"), "application/json");
  const auto j = json::parse(answer.body);
  EXPECT_EQ(j["schema"], "cairn.summary/1");
  EXPECT_EQ(j["group"]["verdict"], "All is well.");
  EXPECT_EQ(j["group"]["level"], "fine");
  EXPECT_EQ(j["group"]["rpo_now_ms"], 1200);
  EXPECT_TRUE(j["group"]["applied"].is_null());
  EXPECT_EQ(j["members"][0]["read_age_ms"], 5);
  EXPECT_TRUE(j["members"][0]["status"]["watermarks"].contains("stored"));
  EXPECT_EQ(j["markers"].size(), 9u);
}

TEST_F(routes, AVolumeTellsWhereHostsReachItAndWhoIsLoggedIn) {
  volume_status v;
  v.name = "m1-v1";
  v.exports = {"nbd://10.0.0.1:10809/m1-v1"};
  v.chap = "one-way";
  v.sessions = {{"iqn.1993-08.org.debian:01:a", "10.0.0.2:40000", 3}};
  coordinator.now.members[0].status->volumes = {v, {}};
  const auto j = json::parse(get("/api/v1/summary").body);
  const auto& told = j["members"][0]["status"]["volumes"][0];
  EXPECT_EQ(told["exports"], json::parse(R"(["nbd://10.0.0.1:10809/m1-v1"])"));
  EXPECT_EQ(told["chap"], "one-way");
  EXPECT_EQ(told["sessions"], json::parse(R"([{"initiator": "iqn.1993-08.org.debian:01:a",
                                              "address": "10.0.0.2:40000", "tasks": 3}])"));
  const auto& bare = j["members"][0]["status"]["volumes"][1];
  EXPECT_EQ(bare["exports"], json::array());
  EXPECT_EQ(bare["sessions"], json::array());
}

TEST_F(routes, WhatIsNotKnownIsNull) {
  coordinator.now.rpo_now.reset();
  coordinator.now.members[0].status.reset();
  const auto j = json::parse(get("/api/v1/summary").body);
  EXPECT_TRUE(j["group"]["rpo_now_ms"].is_null());
  EXPECT_TRUE(j["members"][0]["status"].is_null());
}

TEST_F(routes, TextThatIsNotUtf8DoesNotBreakTheAnswer) {
  coordinator.now.verdict = "bad \xff byte";
  const auto answer = get("/api/v1/summary");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_FALSE(json::parse(answer.body, nullptr, false).is_discarded());
}

TEST_F(routes, MarkersAreLimited) {
  EXPECT_EQ(json::parse(get("/api/v1/markers?limit=2").body)["markers"].size(), 2u);
  EXPECT_EQ(json::parse(get("/api/v1/markers?x=1&limit=99999999999").body)["markers"].size(), 9u);
  for (const char* bad :
       {"limit=", "limit=-1", "limit=2x", "limit", "limit=99999999999999999999"}) {
    EXPECT_EQ(get(std::string("/api/v1/markers?") + bad).status, 400u) << bad;
  }
}

TEST_F(routes, UnknownPathsAreProblemsWithASentence) {
  for (const char* path : {"/nothing", "/api/v1/nothing", "/api/v1/operations/1",
                           "/api/v1/operations/x", "/../etc/passwd", "", "*"}) {
    const auto answer = get(path);
    EXPECT_EQ(answer.status, 404u) << path;
    EXPECT_EQ(header(answer, "Content-Type"), "application/problem+json");
    EXPECT_FALSE(json::parse(answer.body)["detail"].get<std::string>().empty());
  }
}

TEST_F(routes, EveryAnswerCarriesThePolicy) {
  const std::string policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
      "connect-src 'self'; frame-ancestors 'none'";
  for (const char* path : {"/", "/main.js", "/nothing", "/api/v1/summary", "/healthz"}) {
    EXPECT_EQ(header(get(path), "Content-Security-Policy"), policy) << path;
  }
}

TEST_F(routes, NothingIsChangedThroughTheReadOnlyDoor) {
  for (const char* path : {"/api/v1/markers", "/api/v1/takeover", "/"}) {
    EXPECT_EQ(routes_.answer(request("POST", path), http_access::read_only).status, 403u) << path;
  }
  for (const char* method : {"PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "FOO"}) {
    EXPECT_EQ(routes_.answer(request(method, "/api/v1/markers"), http_access::full).status, 405u);
  }
  EXPECT_TRUE(coordinator.asked.empty());
}

TEST_F(routes, AForeignHostIsRefusedOverTcpOnly) {
  auto r = request("GET", "/api/v1/summary");
  r.host = "evil.example";
  EXPECT_EQ(routes_.answer(r, http_access::read_only).status, 421u);
  EXPECT_EQ(routes_.answer(r, http_access::full).status, 200u);
  r.host = "cairn.example:80";
  EXPECT_EQ(routes_.answer(r, http_access::read_only).status, 200u);
  r.host_count = 2;
  EXPECT_EQ(routes_.answer(r, http_access::read_only).status, 421u);
  r.host_count = 0;
  r.host.clear();
  EXPECT_EQ(routes_.answer(r, http_access::read_only).status, 421u);
}

TEST_F(routes, AMarkerIsAskedForAndItsOperationCanBeFollowed) {
  const auto answer = post("/api/v1/markers", R"({"name":"before-upgrade"})");
  ASSERT_EQ(answer.status, 202u);
  EXPECT_EQ(header(answer, "Location"), "/api/v1/operations/1");
  EXPECT_EQ(coordinator.asked, std::vector<std::string>{"marker before-upgrade"});
  const auto j = json::parse(get("/api/v1/operations/1").body);
  EXPECT_EQ(j["state"], "running");
  EXPECT_EQ(j["kind"], "marker");
  EXPECT_EQ(post("/api/v1/markers", "").status, 202u);
}

TEST_F(routes, ATakeoverWantsTheGroupsNameTwiceUnlessItIsADryRun) {
  coordinator.now.primary = false;
  EXPECT_EQ(post("/api/v1/takeover", R"({"group":"lab"})").status, 409u);
  EXPECT_EQ(post("/api/v1/takeover", R"({"group":"lab","confirm":"la"})").status, 409u);
  EXPECT_EQ(post("/api/v1/takeover", R"({"group":"other","confirm":"other"})").status, 404u);
  EXPECT_TRUE(coordinator.asked.empty());
  EXPECT_EQ(post("/api/v1/takeover", R"({"group":"lab","dry_run":true,"at":7})").status, 202u);
  EXPECT_EQ(post("/api/v1/takeover", R"({"group":"lab","confirm":"lab","at":null})").status, 202u);
  EXPECT_EQ(coordinator.asked, (std::vector<std::string>{"plan 7", "run newest"}));
}

TEST_F(routes, ACommandForTheOtherCoordinatorSaysSo) {
  coordinator.now.primary = true;
  const auto answer = post("/api/v1/takeover", R"({"group":"lab","confirm":"lab"})");
  EXPECT_EQ(answer.status, 409u);
  EXPECT_NE(answer.body.find("the other site"), std::string::npos);
}

TEST_F(routes, BadBodiesAreRefused) {
  coordinator.now.primary = false;
  for (const char* bad :
       {"[]", "7", "{", "{\"group\":\"lab\",\"colour\":1}", "{\"group\":7}",
        R"({"group":"lab","confirm":"lab","at":0})", R"({"group":"lab","confirm":"lab","at":-1})",
        R"({"group":"lab","confirm":"lab","at":1.5})", R"({"group":"lab","dry_run":1})",
        R"({"group":{"a":{"b":1}}})"}) {
    EXPECT_EQ(post("/api/v1/takeover", bad).status, 400u) << bad;
  }
  EXPECT_EQ(post("/api/v1/takeover", std::string(8000, '[')).status, 400u);
  EXPECT_EQ(post("/api/v1/markers", "{\"name\":\"" + std::string(65, 'x') + "\"}").status, 400u);
  EXPECT_TRUE(coordinator.asked.empty());
}

TEST_F(routes, ABodyThatIsNotJsonByItsTypeIsRefused) {
  auto r = request("POST", "/api/v1/markers");
  r.content_type = "text/plain";
  r.body = "{}";
  EXPECT_EQ(routes_.answer(r, http_access::full).status, 415u);
}

TEST_F(routes, ARequestThatABrowserSentFromAnotherSiteChangesNothing) {
  auto r = request("POST", "/api/v1/markers");
  r.fetch_site = "cross-site";
  EXPECT_EQ(routes_.answer(r, http_access::full).status, 403u);
  EXPECT_TRUE(coordinator.asked.empty());
}

TEST_F(routes, AssetsAreCompressedAndRevalidated) {
  auto r = request("GET", "/main.js");
  const auto plain = routes_.answer(r, http_access::read_only);
  EXPECT_EQ(header(plain, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(header(plain, "Content-Encoding"), "");
  r.accepts_gzip = true;
  const auto packed = routes_.answer(r, http_access::read_only);
  EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size(), plain.body.size());
  r.if_none_match = header(packed, "ETag");
  const auto again = routes_.answer(r, http_access::read_only);
  EXPECT_EQ(again.status, 304u);
  EXPECT_TRUE(again.body.empty());
}

TEST_F(routes, ThePageAndTheChartsLicenceAreThere) {
  EXPECT_NE(get("/").body.find("<title>Cairn"), std::string::npos);
  EXPECT_NE(get("/uplot.js").body.find("uPlot"), std::string::npos);
  EXPECT_NE(get("/uplot-license.txt").body.find("MIT"), std::string::npos);
}

TEST_F(routes, MetricsLeaveOutWhatIsNotKnown) {
  EXPECT_NE(get("/metrics").body.find("cairn_rpo_seconds{group=\"lab\"} 1.2\n"), std::string::npos);
  coordinator.now.rpo_now.reset();
  coordinator.now.group = "a\"b\\c\nd";
  const auto text = get("/metrics").body;
  EXPECT_EQ(text.find("cairn_rpo_seconds"), std::string::npos);
  EXPECT_NE(text.find(R"({group="a\"b\\c\nd"})"), std::string::npos);
}

TEST_F(routes, TheVersionsOfCoordinatorAndGatewaysAreTold) {
  auto& member = *coordinator.now.members[0].status;
  member.version = "0.9.1";
  member.commit = "0123456789ab";
  const auto j = json::parse(get("/api/v1/summary").body);
  EXPECT_EQ(j["coordinator"]["version"], version_number());
  EXPECT_EQ(j["coordinator"]["commit"], version_commit());
  EXPECT_EQ(j["members"][0]["status"]["version"], "0.9.1");
  EXPECT_EQ(j["members"][0]["status"]["commit"], "0123456789ab");
  const std::string of_member =
      R"(cairn_member_build_info{group="lab",member="m1",version="0.9.1",commit="0123456789ab"} 1)";
  EXPECT_NE(get("/metrics").body.find(of_member + "\n"), std::string::npos);
  EXPECT_NE(
      get("/metrics")
          .body.find(std::string("cairn_build_info{group=\"lab\",version=\"") + version_number()),
      std::string::npos);
  member.version.clear();
  EXPECT_EQ(get("/metrics").body.find("cairn_member_build_info{"), std::string::npos)
      << "an older gateway";
}

TEST_F(routes, WhatDestagingWaitsForIsTold) {
  const std::string gauge = R"(cairn_member_destaging_waits{group="lab",member="m1"} )";
  EXPECT_NE(get("/metrics").body.find(gauge + "0\n"), std::string::npos);
  const std::string trouble = "destaging waits: pwritev v.img: No space left on device";
  coordinator.now.members[0].status->destage_trouble = trouble;
  EXPECT_NE(get("/metrics").body.find(gauge + "1\n"), std::string::npos);
  const auto j = json::parse(get("/api/v1/summary").body);
  EXPECT_EQ(j["members"][0]["status"]["destage_trouble"], trouble);
}

}  // namespace
}  // namespace cairn
