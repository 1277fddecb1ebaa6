#include "tests/support/watched_disk.h"

#include <atomic>
#include <cstring>
#include <utility>

#include "replication/record.h"

namespace cairn {
namespace {

bool is_record(const std::string& path, std::span<const iovec> parts) {
  return path.ends_with(".seg") && !parts.empty() && parts[0].iov_len >= record_header_bytes &&
         std::memcmp(parts[0].iov_base, "CRNR", 4) == 0;
}

// The bytes behind the first header; enough of them for the body of a marker.
bytes behind_header(std::span<const iovec> parts) {
  bytes out;
  for (const auto& p : parts) {
    const auto* from = static_cast<const std::byte*>(p.iov_base);
    out.insert(out.end(), from, from + p.iov_len);
    if (out.size() >= record_header_bytes + marker_body_bytes) break;
  }
  out.erase(out.begin(), out.begin() + record_header_bytes);
  return out;
}

}  // namespace

class watched_disk::watched_file final : public file {
 public:
  watched_file(watched_disk& owner, std::unique_ptr<file> inner)
      : owner_(owner), inner_(std::move(inner)) {}

  result<void> read(byte_span out, std::uint64_t offset) const override {
    return inner_->read(out, offset);
  }
  result<void> write(std::span<const iovec> parts, std::uint64_t offset) override;
  result<void> sync() override {
    if (has_record_.exchange(false) && owner_.watch_.sync_begins) owner_.watch_.sync_begins();
    return inner_->sync();
  }
  result<std::uint64_t> size() const override { return inner_->size(); }
  result<void> resize(std::uint64_t size) override { return inner_->resize(size); }
  result<void> make_zero(byte_range range, bool deallocate) override {
    return inner_->make_zero(range, deallocate);
  }
  void read_ahead(byte_range range) const override { inner_->read_ahead(range); }
  void forget_cached(byte_range range) const override { inner_->forget_cached(range); }
  const std::string& path() const override { return inner_->path(); }

 private:
  watched_disk& owner_;
  std::unique_ptr<file> inner_;
  std::atomic<bool> has_record_ = false;  // since its last sync, and no header block
};

result<void> watched_disk::watched_file::write(std::span<const iovec> parts, std::uint64_t offset) {
  const bool record = is_record(path(), parts);
  if (record || offset == 0) has_record_ = record;  // zeroes ahead are no news
  if (!record) return inner_->write(parts, offset);
  const auto* header = static_cast<const std::byte*>(parts[0].iov_base);
  owner_.watch_.record_begins({header, record_header_bytes}, behind_header(parts));
  auto done = inner_->write(parts, offset);
  if (!done) owner_.watch_.record_failed();
  return done;
}

result<std::unique_ptr<file>> watched_disk::open(const std::string& path, open_mode mode, bool lock,
                                                 int lock_wait_ms) {
  auto inner = inner_.open(path, mode, lock, lock_wait_ms);
  if (!inner) return inner;
  return std::make_unique<watched_file>(*this, std::move(*inner));
}

}  // namespace cairn
