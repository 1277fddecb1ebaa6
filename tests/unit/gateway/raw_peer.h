// The other end of a link as a test plays it: a blocking socket that sends and reads frames, right
// or wrong.
#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <optional>

#include "config/config.h"
#include "replication/wire.h"

namespace cairn {

class raw_peer {
 public:
  explicit raw_peer(const endpoint& at) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(at.port);
    ::inet_pton(AF_INET, at.host.c_str(), &to.sin_addr);
    const timeval patience{5, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~raw_peer() { ::close(descriptor_); }
  raw_peer(const raw_peer&) = delete;
  raw_peer& operator=(const raw_peer&) = delete;

  void send(const link_message& m) { send_bytes(encode(m)); }
  void send_bytes(const bytes& all) { ::send(descriptor_, all.data(), all.size(), MSG_NOSIGNAL); }

  // The next message, or nothing when the connection ended.
  std::optional<link_message> read() {
    bytes prefix(frame_prefix_bytes);
    if (!fill(prefix)) return {};
    const auto sizes = decode_prefix(prefix);
    bytes head(sizes.value().head), body(sizes.value().body);
    if (!fill(head) || !fill(body)) return {};
    return decode_link(prefix, head, body).value();
  }
  // The same, but of one kind: others (progress) are skipped.
  template <class M>
  std::optional<M> read_only() {
    while (auto m = read())
      if (auto* wanted = std::get_if<M>(&*m)) return *wanted;
    return {};
  }

 private:
  bool fill(byte_span out) {
    if (out.empty()) return true;
    return ::recv(descriptor_, out.data(), out.size(), MSG_WAITALL) ==
           static_cast<ssize_t>(out.size());
  }
  int descriptor_;
};

}  // namespace cairn
