#include "net/http.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace cairn {
namespace {

constexpr http_limits limits{1024, 2048};

// The error code of a parser that was fed all of `bytes`; 0 when it took them.
int code_of(const std::string& bytes) {
  http_request_parser parser(limits);
  const auto used = parser.feed(bytes);
  return used ? 0 : used.error().code;
}

TEST(http_request_parser, TakesARequestThatComesByteByByte) {
  const std::string bytes =
      "POST /x?y=1 HTTP/1.1\r\nHost: a:1\r\nAccept-Encoding: br, gzip\r\n"
      "Content-Type: application/json\r\nContent-Length: 4\r\n\r\nabcd";
  http_request_parser parser(limits);
  for (const char& c : bytes) {
    ASSERT_FALSE(parser.done());
    ASSERT_EQ(parser.feed({&c, 1}), 1u);
  }
  ASSERT_TRUE(parser.done());
  const auto r = parser.take();
  EXPECT_EQ(r.method, "POST");
  EXPECT_EQ(r.target, "/x?y=1");
  EXPECT_EQ(r.host, "a:1");
  EXPECT_EQ(r.host_count, 1u);
  EXPECT_EQ(r.content_type, "application/json");
  EXPECT_EQ(r.body, "abcd");
  EXPECT_TRUE(r.accepts_gzip);
  EXPECT_TRUE(r.keep_alive);
}

TEST(http_request_parser, LeavesTheBytesOfTheNextRequest) {
  const std::string one = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string two = "GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  http_request_parser parser(limits);
  const auto used = parser.feed(one + two);
  ASSERT_EQ(used, one.size());
  EXPECT_EQ(parser.take().target, "/1");
  ASSERT_EQ(parser.feed(two), two.size());
  const auto r = parser.take();
  EXPECT_EQ(r.target, "/2");
  EXPECT_FALSE(r.keep_alive);
}

TEST(http_request_parser, ReadsAChunkedBody) {
  http_request_parser parser(limits);
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  ASSERT_EQ(parser.feed(bytes), bytes.size());
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.take().body, "abc");
}

TEST(http_request_parser, RefusesLengthsThatContradictEachOther) {
  EXPECT_EQ(code_of("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
            EPROTO);
  EXPECT_EQ(code_of("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
            EPROTO);
  EXPECT_EQ(code_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"),
            EPROTO);
  EXPECT_EQ(code_of("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), EPROTO);
  EXPECT_EQ(code_of("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"), EPROTO);
}

TEST(http_request_parser, RefusesWhatIsNotHttp) {
  EXPECT_EQ(code_of(std::string("\x16\x03\x01\x02\x00", 5)), EPROTO);
  EXPECT_EQ(code_of("GET\r\n\r\n"), EPROTO);
  EXPECT_EQ(code_of("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), EPROTO);
  EXPECT_EQ(code_of(std::string("GET /\0 HTTP/1.1\r\n\r\n", 19)), EPROTO);
}

TEST(http_request_parser, RefusesAHeaderAboveItsLimitHoweverItComes) {
  const std::string large = "GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n";
  EXPECT_EQ(code_of(large), EMSGSIZE);
  http_request_parser parser(limits);
  int code = 0;
  for (std::size_t i = 0; i < large.size() && code == 0; ++i) {
    const auto used = parser.feed({&large[i], 1});
    if (!used) code = used.error().code;
  }
  EXPECT_EQ(code, EMSGSIZE);
}

TEST(http_request_parser, RefusesABodyAboveItsLimit) {
  EXPECT_EQ(code_of("POST / HTTP/1.1\r\nContent-Length: 2049\r\n\r\n"), EMSGSIZE);
  EXPECT_EQ(code_of("POST / HTTP/1.1\r\nContent-Length: 9223372036854775807\r\n\r\n"), EMSGSIZE);
  EXPECT_EQ(code_of("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n900\r\n" +
                    std::string(0x900, 'x') + "\r\n0\r\n\r\n"),
            EMSGSIZE);
}

TEST(http_request_parser, CountsHostHeaders) {
  http_request_parser parser(limits);
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
  ASSERT_EQ(parser.feed(bytes), bytes.size());
  EXPECT_EQ(parser.take().host_count, 2u);
}

TEST(http_request_parser, KnowsWhenGzipIsRefused) {
  for (const auto& [accept, taken] : {std::pair{"gzip;q=0", false},
                                      {"br", false},
                                      {"gzip", true},
                                      {"deflate, GZIP;q=0.5", true}}) {
    http_request_parser parser(limits);
    const auto bytes = std::string("GET / HTTP/1.1\r\nAccept-Encoding: ") + accept + "\r\n\r\n";
    ASSERT_EQ(parser.feed(bytes), bytes.size());
    EXPECT_EQ(parser.take().accepts_gzip, taken) << accept;
  }
}

TEST(http_codec, AnAnswerThatWasEncodedIsReadBack) {
  const http_response sent{404, "gone", {{"Content-Type", "text/plain"}}};
  http_response_parser parser(limits);
  const auto bytes = encode_http(sent, false, false);
  ASSERT_EQ(parser.feed(bytes), bytes.size());
  ASSERT_TRUE(parser.done());
  const auto got = parser.take();
  EXPECT_EQ(got.status, 404u);
  EXPECT_EQ(got.body, "gone");
}

TEST(http_codec, ARequestThatWasEncodedIsReadBack) {
  http_request sent;
  sent.method = "POST";
  sent.target = "/a";
  sent.host = "localhost";
  sent.content_type = "application/json";
  sent.body = "{}";
  sent.keep_alive = false;
  http_request_parser parser(limits);
  const auto bytes = encode_http(sent);
  ASSERT_EQ(parser.feed(bytes), bytes.size());
  const auto got = parser.take();
  EXPECT_EQ(got.target, "/a");
  EXPECT_EQ(got.body, "{}");
  EXPECT_FALSE(got.keep_alive);
}

TEST(http_codec, TheAnswerToHeadHasALengthButNoBody) {
  const auto bytes = encode_http(http_response{200, "abc", {}}, true, true);
  EXPECT_NE(bytes.find("Content-Length: 3\r\n"), std::string::npos);
  EXPECT_TRUE(bytes.ends_with("\r\n\r\n"));
}

TEST(http_codec, AnAnswerThatIsCutShortIsAnError) {
  http_response_parser parser(limits);
  const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
  ASSERT_TRUE(parser.feed(bytes));
  const auto end = parser.feed_end();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, EPROTO);
}

}  // namespace
}  // namespace cairn
