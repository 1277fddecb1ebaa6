#include "iscsi/pdu_stream.h"

#include <cstring>

#include "base/crc32c.h"

namespace cairn::iscsi {
namespace {

constexpr std::size_t ahs_max = 255 * 4;

// Below this it is copied: that is cheaper than a receive of its own.
constexpr std::size_t placed_bytes_min = 16 << 10;

tl::unexpected<stream_error> wrong(stream_error::kind what, std::string text, const header& h) {
  return tl::unexpected(stream_error{what, std::move(text), h});
}

// Digests travel with their lowest byte first (RFC 7143 13.1).
std::uint32_t digest_at(byte_view in) { return load_le<std::uint32_t>(in, 0); }

}  // namespace

pdu_stream::pdu_stream(std::uint32_t data_max)
    : data_max_(data_max),
      capacity_(header_bytes + ahs_max + 2 * digest_bytes + padded(data_max) + (64U << 10)),
      buffer_(new std::byte[capacity_]) {}

void pdu_stream::use_digests(bool of_header, bool of_data) {
  header_digest_ = of_header;
  data_digest_ = of_data;
}

void pdu_stream::renew() {
  std::shared_ptr<std::byte[]> other(new std::byte[capacity_]);
  std::memcpy(other.get(), buffer_.get() + begin_, held());
  end_ = held();
  begin_ = 0;
  buffer_ = std::move(other);
}

std::vector<iovec> pdu_stream::room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (capacity_ - end_ < capacity_ / 2 && begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, held());
    end_ -= begin_;
    begin_ = 0;
  }
  std::vector<iovec> out;
  if (placing_ && target_filled_ < target_.size())
    out.push_back({target_.data() + target_filled_, target_.size() - target_filled_});
  out.push_back({buffer_.get() + end_, capacity_ - end_});
  return out;
}

void pdu_stream::received(std::size_t n) {
  if (placing_) {
    const auto there = std::min(n, target_.size() - target_filled_);
    target_filled_ += there;
    n -= there;
  }
  end_ += n;
}

pdu_stream::layout pdu_stream::layout_of(const header& h) const {
  layout l;
  l.ahs = h.ahs_bytes();
  l.data = h.data_length();
  l.padded = padded(h.data_length());
  l.head_digest = header_digest_ ? digest_bytes : 0;
  l.tail = data_digest_ && l.data > 0 ? digest_bytes : 0;
  return l;
}

tl::expected<void, stream_error> pdu_stream::check_header(const header& h, const layout& l) const {
  if (l.data > data_max_)
    return wrong(stream_error::kind::format,
                 "a data segment of " + std::to_string(l.data) + " bytes, more than the " +
                     std::to_string(data_max_) + " that were agreed on",
                 h);
  if (!header_digest_) return {};
  const auto covered = held_view().first(header_bytes + l.ahs);
  if (crc32c(covered) == digest_at(held_view().subspan(covered.size()))) return {};
  return wrong(stream_error::kind::header_digest, "a header digest does not match", h);
}

tl::expected<void, stream_error> pdu_stream::check_data(const header& h, byte_view data,
                                                        byte_view behind, const layout& l) const {
  if (l.tail == 0) return {};
  const auto pad = l.padded - l.data;
  if (crc32c(behind.first(pad), crc32c(data)) == digest_at(behind.subspan(pad))) return {};
  return wrong(stream_error::kind::data_digest, "a data digest does not match", h);
}

// What is here already is copied; the rest is received in place, then padding and digest here.
void pdu_stream::begin_placing(const layout& l, place where) {
  target_ = where.where.first(l.data);
  target_owner_ = std::move(where.owner);
  target_filled_ = std::min(held() - l.front(), l.data);
  std::memcpy(target_.data(), held_view().data() + l.front(), target_filled_);
  const auto rest = held() - l.front() - target_filled_;  // behind the data, if any
  std::memmove(buffer_.get() + begin_ + l.front(),
               buffer_.get() + begin_ + l.front() + target_filled_, rest);
  end_ = begin_ + l.front() + rest;
  placing_ = true;
}

tl::expected<std::optional<pdu>, stream_error> pdu_stream::placed() {
  const header h(held_view().first<header_bytes>());
  const auto l = layout_of(h);
  const auto behind = l.padded - l.data + l.tail;
  if (target_filled_ < target_.size() || held() < l.front() + behind) return std::nullopt;
  if (auto ok = check_data(h, target_, held_view().subspan(l.front(), behind), l); !ok)
    return tl::unexpected(ok.error());
  const pdu out{h, held_view().subspan(header_bytes, l.ahs), target_};
  begin_ += l.front() + behind;
  placing_ = asked_ = false;
  return out;
}

tl::expected<std::optional<pdu>, stream_error> pdu_stream::next(const placing& where) {
  if (placing_) return placed();
  if (held() < header_bytes) return std::nullopt;
  const header h(held_view().first<header_bytes>());
  const auto l = layout_of(h);
  if (held() < l.front()) return std::nullopt;
  if (!asked_) {
    if (auto ok = check_header(h, l); !ok) return tl::unexpected(ok.error());
  }
  if (held() < l.whole()) {
    if (asked_ || l.data < placed_bytes_min) return std::nullopt;
    asked_ = true;
    auto there = where(h);
    if (there.where.size() < l.data) return std::nullopt;
    begin_placing(l, std::move(there));
    return placed();
  }
  const auto data = held_view().subspan(l.front(), l.data);
  const auto behind = held_view().subspan(l.front() + l.data, l.padded - l.data + l.tail);
  if (auto ok = check_data(h, data, behind, l); !ok) return tl::unexpected(ok.error());
  const pdu out{h, held_view().subspan(header_bytes, l.ahs), data};
  begin_ += l.whole();
  asked_ = false;
  return out;
}

}  // namespace cairn::iscsi
