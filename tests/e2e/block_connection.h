// A volume as a host reaches it over one connection, by whatever protocol; for one thread.
// Everything that goes wrong, the loss of the connection above all, comes as connection_error. None
// is ever built up again: a gateway that was killed must not go unnoticed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

namespace cairn::probe {

struct connection_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class block_connection {
 public:
  block_connection() = default;
  block_connection(const block_connection&) = delete;
  block_connection& operator=(const block_connection&) = delete;
  virtual ~block_connection() = default;

  virtual std::uint64_t size_bytes() const = 0;
  virtual void read(std::span<std::byte> out, std::uint64_t offset) = 0;

  // One write without waiting. `in` stays untouched until finish() or finished() said so.
  virtual void begin_write(std::span<const std::byte> in, std::uint64_t offset) = 0;
  virtual bool finished() = 0;  // true, too, where nothing is under way
  virtual void finish() = 0;    // waits
};

// iscsi://… or any URI that libnbd takes.
std::unique_ptr<block_connection> connect(const std::string& uri);

}  // namespace cairn::probe
