// One libnbd connection. Errors carry libnbd's sentence.
#pragma once
#include <libnbd.h>

#include "tests/e2e/block_connection.h"

namespace cairn::probe {

class nbd_connection final : public block_connection {
 public:
  explicit nbd_connection(const std::string& uri);

  std::uint64_t size_bytes() const override;
  void read(std::span<std::byte> out, std::uint64_t offset) override;
  void begin_write(std::span<const std::byte> in, std::uint64_t offset) override;
  bool finished() override;
  void finish() override;

 private:
  struct closer {
    void operator()(nbd_handle* h) const { nbd_close(h); }
  };
  std::unique_ptr<nbd_handle, closer> handle_;
  std::int64_t cookie_ = 0;  // of the write under way; 0: none
};

}  // namespace cairn::probe
