#include "tests/e2e/nbd_connection.h"

namespace cairn::probe {
namespace {

void check(std::int64_t outcome) {
  if (outcome == -1) throw connection_error(nbd_get_error());
}

}  // namespace

nbd_connection::nbd_connection(const std::string& uri) : handle_(nbd_create()) {
  if (!handle_) throw connection_error(nbd_get_error());
  check(nbd_connect_uri(handle_.get(), uri.c_str()));
}

std::uint64_t nbd_connection::size_bytes() const {
  const std::int64_t size = nbd_get_size(handle_.get());
  check(size);
  return std::uint64_t(size);
}

void nbd_connection::read(std::span<std::byte> out, std::uint64_t offset) {
  check(nbd_pread(handle_.get(), out.data(), out.size(), offset, 0));
}

void nbd_connection::begin_write(std::span<const std::byte> in, std::uint64_t offset) {
  finish();
  const std::int64_t cookie =
      nbd_aio_pwrite(handle_.get(), in.data(), in.size(), offset, NBD_NULL_COMPLETION, 0);
  check(cookie);
  cookie_ = cookie;
}

bool nbd_connection::finished() {
  if (cookie_ == 0) return true;
  check(nbd_poll(handle_.get(), 0));
  const int done = nbd_aio_command_completed(handle_.get(), std::uint64_t(cookie_));
  check(done);
  if (done == 1) cookie_ = 0;
  return done == 1;
}

void nbd_connection::finish() {
  while (!finished()) check(nbd_poll(handle_.get(), -1));
}

}  // namespace cairn::probe
