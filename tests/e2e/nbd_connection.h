// One libnbd connection, for one thread. Errors come as nbd_error with libnbd's sentence.
#pragma once
#include <libnbd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

namespace cairn::probe {

struct nbd_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class nbd_connection {
 public:
  explicit nbd_connection(const std::string& uri);

  std::uint64_t size_bytes() const;
  void read(std::span<std::byte> out, std::uint64_t offset);
  void write(std::span<const std::byte> in, std::uint64_t offset);

  // One write without waiting. `in` stays untouched until finish() or finished() said so.
  void begin_write(std::span<const std::byte> in, std::uint64_t offset);
  bool finished();  // true, too, where nothing is under way
  void finish();    // waits

 private:
  struct closer {
    void operator()(nbd_handle* h) const { nbd_close(h); }
  };
  std::unique_ptr<nbd_handle, closer> handle_;
  std::int64_t cookie_ = 0;  // of the write under way; 0: none
};

}  // namespace cairn::probe
