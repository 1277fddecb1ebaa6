// HTTP/1.1 messages as values, and their parser and serializer without I/O (Boost.Beast inside).
//
// Bytes go in from any socket, values come out; who owns the socket owns the parser and calls it
// from one thread. Everything from outside passes the bounds given here before anybody sees it.
// NOT here: routes, content, sockets.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace cairn {

struct http_limits {
  std::size_t header_bytes_max = 8U << 10;
  std::size_t body_bytes_max = 16U << 10;
};

// Values of those headers that are used, as sent; absent ones are empty.
struct http_request {
  std::string method;  // "GET"
  std::string target;  // "/api/v1/markers?limit=5"
  std::string body;
  std::string host;
  std::size_t host_count = 0;  // Host headers that were sent; a good request has one
  std::string if_none_match;
  std::string content_type;
  std::string fetch_site;  // Sec-Fetch-Site
  bool accepts_gzip = false;
  bool keep_alive = true;
};

struct http_response {
  unsigned status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Reads one request after the other from a stream of bytes. Bytes behind a complete request are
// left to the caller (pipelining).
class http_request_parser {
 public:
  explicit http_request_parser(http_limits limits);
  ~http_request_parser();
  // Takes bytes from the front of `in` and returns how many. EPROTO: not HTTP, or lengths that
  // contradict each other; EMSGSIZE: above a limit. The connection must end after an error.
  result<std::size_t> feed(std::string_view in);
  bool done() const;
  // The complete request; the parser is then ready for the next one.
  http_request take();

 private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

// The client's side: one response, then it is finished.
class http_response_parser {
 public:
  explicit http_response_parser(http_limits limits);
  ~http_response_parser();
  result<std::size_t> feed(std::string_view in);
  // The peer closed: completes a response that had no length. EPROTO: it was cut short.
  result<void> feed_end();
  bool done() const;
  http_response take();

 private:
  struct inside;
  std::unique_ptr<inside> inside_;
};

// Adds Content-Length and Connection. `head`: without the body (the answer to HEAD).
std::string encode_http(const http_response& r, bool keep_alive, bool head);
std::string encode_http(const http_request& r);
// "Not Found"
std::string http_reason(unsigned status);

}  // namespace cairn
