// A bound, listening socket that is handed to nbdkit.
#pragma once
#include <string>

#include "base/result.h"
#include "config/config.h"

namespace cairn {

class listening_socket {
 public:
  // Both wait up to a few seconds for a process that is just ending to let go of the address.
  static result<listening_socket> tcp(const endpoint& where);
  // Removes a socket file that nobody listens on; refuses a file that is no socket. Mode 0660.
  static result<listening_socket> unix_socket(const std::string& path);

  listening_socket(listening_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  listening_socket& operator=(listening_socket&&) = delete;
  ~listening_socket();

  int fd() const { return fd_; }  // closed on exec

 private:
  explicit listening_socket(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace cairn
