// The only place that includes Boost.Beast: it costs seconds of compile time.
#include "net/http.h"

#include <cerrno>

#include <boost/beast/http.hpp>

namespace cairn {
namespace {

namespace beast_http = boost::beast::http;

std::string text_of(boost::beast::string_view v) { return {v.data(), v.size()}; }

bool is_too_large(const boost::beast::error_code& e) {
  return e == beast_http::error::header_limit || e == beast_http::error::body_limit ||
         e == beast_http::error::buffer_overflow;
}

// One parser of either kind, fed until its message is complete. Beast wants a header to be handed
// over in one piece, so bytes of an unfinished header are kept in `unfinished`, which the header
// limit bounds.
template <class Parser>
struct fed_parser {
  explicit fed_parser(http_limits l) : limits(l) { reset(); }

  void reset() {
    unfinished.clear();
    parser.emplace();
    parser->eager(true);
    parser->header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    parser->body_limit(limits.body_bytes_max);
  }

  result<std::size_t> feed(std::string_view in) {
    std::size_t used = 0;
    while (used < in.size() && !parser->is_done()) {
      const std::size_t before = unfinished.size();
      const std::size_t room = limits.header_bytes_max + limits.body_bytes_max + 1 - before;
      const std::string_view piece = in.substr(used, room);
      unfinished.append(piece);
      auto consumed = put();
      if (!consumed) return fail(consumed.error());
      if (parser->is_done()) {
        const std::size_t from_piece = *consumed > before ? *consumed - before : 0;
        unfinished.clear();
        return used + from_piece;
      }
      unfinished.erase(0, *consumed);
      used += piece.size();
      if (unfinished.size() > limits.header_bytes_max + limits.body_bytes_max) {
        return fail(EMSGSIZE, "an HTTP message is too large");
      }
    }
    return used;
  }

  result<std::size_t> put() {
    boost::beast::error_code e;
    std::size_t used = 0;
    while (used < unfinished.size() && !parser->is_done()) {
      const boost::asio::const_buffer rest(unfinished.data() + used, unfinished.size() - used);
      const std::size_t taken = parser->put(rest, e);
      used += taken;
      if (e == beast_http::error::need_more) return used;
      if (e && is_too_large(e)) return fail(EMSGSIZE, "HTTP: " + e.message());
      if (e) return fail(EPROTO, "HTTP: " + e.message());
      if (taken == 0) return used;
    }
    return used;
  }

  http_limits limits;
  std::optional<Parser> parser;
  std::string unfinished;
};

bool names_gzip(boost::beast::string_view accept) {
  for (const auto& token : beast_http::ext_list(accept)) {
    if (!boost::beast::iequals(token.first, "gzip")) continue;
    for (const auto& parameter : token.second) {
      if (parameter.first == "q" && (parameter.second == "0" || parameter.second == "0.0")) {
        return false;
      }
    }
    return true;
  }
  return false;
}

}  // namespace

struct http_request_parser::inside
    : fed_parser<beast_http::request_parser<beast_http::string_body>> {
  using fed_parser::fed_parser;
};

http_request_parser::http_request_parser(http_limits limits)
    : inside_(std::make_unique<inside>(limits)) {}
http_request_parser::~http_request_parser() = default;

result<std::size_t> http_request_parser::feed(std::string_view in) { return inside_->feed(in); }
bool http_request_parser::done() const { return inside_->parser->is_done(); }

http_request http_request_parser::take() {
  using beast_http::field;
  auto message = inside_->parser->release();
  inside_->reset();
  http_request r;
  r.method = text_of(message.method_string());
  r.target = text_of(message.target());
  r.host = text_of(message[field::host]);
  r.host_count = message.count(field::host);
  r.if_none_match = text_of(message[field::if_none_match]);
  r.content_type = text_of(message[field::content_type]);
  r.fetch_site = text_of(message["Sec-Fetch-Site"]);
  r.accepts_gzip = names_gzip(message[field::accept_encoding]);
  r.keep_alive = message.keep_alive();
  r.body = std::move(message.body());
  return r;
}

struct http_response_parser::inside
    : fed_parser<beast_http::response_parser<beast_http::string_body>> {
  using fed_parser::fed_parser;
};

http_response_parser::http_response_parser(http_limits limits)
    : inside_(std::make_unique<inside>(limits)) {}
http_response_parser::~http_response_parser() = default;

result<std::size_t> http_response_parser::feed(std::string_view in) { return inside_->feed(in); }
bool http_response_parser::done() const { return inside_->parser->is_done(); }

result<void> http_response_parser::feed_end() {
  boost::beast::error_code e;
  inside_->parser->put_eof(e);
  if (e) return fail(EPROTO, "HTTP: the answer was cut short");
  return {};
}

http_response http_response_parser::take() {
  auto message = inside_->parser->release();
  http_response r;
  r.status = message.result_int();
  for (const auto& f : message) {
    r.headers.emplace_back(text_of(f.name_string()), text_of(f.value()));
  }
  r.body = std::move(message.body());
  return r;
}

namespace {

// Head by Beast's serializer, body behind it.
template <class Message>
std::string head_text(Message& message) {
  beast_http::serializer<Message::is_request::value, typename Message::body_type> serializer(
      message);
  serializer.split(true);
  std::string out;
  boost::beast::error_code e;
  while (!e && !serializer.is_header_done()) {
    serializer.next(e, [&](boost::beast::error_code&, const auto& buffers) {
      std::size_t n = 0;
      for (const auto& b : boost::beast::buffers_range_ref(buffers)) {
        out.append(static_cast<const char*>(b.data()), b.size());
        n += b.size();
      }
      serializer.consume(n);
    });
  }
  return out;
}

}  // namespace

std::string encode_http(const http_response& r, bool keep_alive, bool head) {
  beast_http::response<beast_http::empty_body> message;
  message.version(11);
  message.result(r.status);
  message.set(beast_http::field::server, "cairn");
  for (const auto& [name, value] : r.headers) message.set(name, value);
  const bool bodiless = r.status == 304 || r.status == 204;
  if (!bodiless) message.content_length(r.body.size());
  message.keep_alive(keep_alive);
  std::string out = head_text(message);
  if (!head && !bodiless) out += r.body;
  return out;
}

std::string encode_http(const http_request& r) {
  beast_http::request<beast_http::empty_body> message;
  message.version(11);
  message.method_string(r.method);
  message.target(r.target);
  message.set(beast_http::field::host, r.host);
  message.set(beast_http::field::connection, r.keep_alive ? "keep-alive" : "close");
  if (!r.content_type.empty()) message.set(beast_http::field::content_type, r.content_type);
  if (!r.body.empty() || r.method == "POST") message.content_length(r.body.size());
  return head_text(message) + r.body;
}

std::string http_reason(unsigned status) {
  return text_of(beast_http::obsolete_reason(beast_http::int_to_status(status)));
}

}  // namespace cairn
