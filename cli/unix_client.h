// One HTTP exchange with the coordinator over its Unix socket, in the calling thread.
#pragma once
#include <chrono>
#include <string>

#include "base/result.h"
#include "net/http.h"

namespace cairn {

class unix_client {
 public:
  // `limit`: for a whole exchange; no call of the API waits for anything but itself.
  explicit unix_client(std::string socket, std::chrono::seconds limit = std::chrono::seconds(10))
      : socket_(std::move(socket)), limit_(limit) {}

  // The answer, whatever its status. ETIMEDOUT, ECONNREFUSED, ENOENT, EACCES …: there is none; the
  // text names the socket. A connection each: commands are short.
  result<http_response> get(const std::string& target) const;
  result<http_response> post(const std::string& target, const std::string& json) const;

 private:
  result<http_response> exchange(const http_request& request) const;

  std::string socket_;
  std::chrono::seconds limit_;
};

}  // namespace cairn
