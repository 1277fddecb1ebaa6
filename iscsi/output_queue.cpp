#include "iscsi/output_queue.h"

#include "base/crc32c.h"

namespace cairn::iscsi {

void output_queue::use_digests(bool of_header, bool of_data) {
  header_digest_ = of_header;
  data_digest_ = of_data;
}

void output_queue::push(header h, byte_view data, std::shared_ptr<const void> keep) {
  auto& i = items_.emplace_back();
  h.set(field::data_length, data.size(), 3);
  std::copy(h.raw().begin(), h.raw().end(), i.head.begin());
  i.head_bytes = header_bytes;
  if (header_digest_) {
    store_le(i.head, header_bytes, crc32c(h.view()));
    i.head_bytes += digest_bytes;
  }
  i.data = data;
  data_bytes_ += data.size();
  i.keep = std::move(keep);
  i.tail = {};
  const auto pad = padded(static_cast<std::uint32_t>(data.size())) - data.size();
  i.tail_bytes = pad;
  if (data_digest_ && !data.empty()) {
    store_le(i.tail, pad, crc32c(byte_view(i.tail).first(pad), crc32c(data)));
    i.tail_bytes += digest_bytes;
  }
}

void output_queue::push(const outgoing& o) {
  const auto keep = std::make_shared<const bytes>(o.data);
  push(o.head, *keep, keep);
}

std::vector<iovec> output_queue::front(std::size_t parts_max) const {
  std::vector<iovec> out;
  auto skip = skip_;
  const auto add = [&](byte_view part) {
    if (skip >= part.size()) {
      skip -= part.size();
      return;
    }
    out.push_back({const_cast<std::byte*>(part.data()) + skip, part.size() - skip});
    skip = 0;
  };
  for (const auto& i : items_) {
    if (out.size() + 3 > parts_max) break;
    add(byte_view(i.head).first(i.head_bytes));
    add(i.data);
    add(byte_view(i.tail).first(i.tail_bytes));
  }
  return out;
}

void output_queue::sent(std::size_t n) {
  n += skip_;
  while (!items_.empty() && n >= items_.front().size()) {
    n -= items_.front().size();
    data_bytes_ -= items_.front().data.size();
    items_.pop_front();
  }
  skip_ = n;
}

}  // namespace cairn::iscsi
