// Bytes of a TCP stream in, PDUs out, in place: lengths are checked before anything is believed,
// digests where the login agreed on them (RFC 7143 11.2, 11.2.3).
//
// The data of a large PDU need not lie in this buffer: once its header is there, `placing` may name
// where it belongs, and the rest is received there directly.
//
// A PDU's views hold until the next room(), or, for those who keep buffer(), as long as they do.
#pragma once
#include <sys/uio.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "iscsi/pdu.h"

namespace cairn::iscsi {

struct stream_error {
  enum class kind : std::uint8_t { format, header_digest, data_digest };
  kind what = kind::format;
  std::string text;
  header head;  // of a data digest error
};

class pdu_stream {
 public:
  // Memory for data_length bytes of this PDU's data; empty: keep it here. `owner` is held while
  // bytes are received there: whoever wanted them may be gone by then.
  struct place {
    byte_span where;
    std::shared_ptr<const void> owner;
  };
  using placing = std::function<place(const header&)>;

  // `data_max`: of one data segment; what claims more is an error.
  explicit pdu_stream(std::uint32_t data_max);

  void use_digests(bool of_header, bool of_data);

  // Where the next bytes from the socket go, in this order; at least one byte.
  std::vector<iovec> room();
  void received(std::size_t n);
  // The next whole PDU; nullopt: more bytes are needed. After an error nothing more is read.
  tl::expected<std::optional<pdu>, stream_error> next(const placing& where);

  // The memory that views point into.
  std::shared_ptr<const void> buffer() const { return buffer_; }
  // Somebody keeps the buffer: go on with another one.
  void renew();

 private:
  struct layout {
    std::size_t ahs = 0, data = 0, padded = 0, tail = 0;  // bytes
    std::size_t front() const { return header_bytes + ahs + head_digest; }
    std::size_t whole() const { return front() + padded + tail; }
    std::size_t head_digest = 0;
  };
  std::size_t held() const { return end_ - begin_; }
  byte_view held_view() const { return {buffer_.get() + begin_, held()}; }
  layout layout_of(const header& h) const;
  tl::expected<void, stream_error> check_header(const header& h, const layout& l) const;
  tl::expected<void, stream_error> check_data(const header& h, byte_view data, byte_view behind,
                                              const layout& l) const;
  void begin_placing(const layout& l, place where);
  tl::expected<std::optional<pdu>, stream_error> placed();

  const std::uint32_t data_max_;
  const std::size_t capacity_;
  std::shared_ptr<std::byte[]> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what is there and not yet given out
  bool header_digest_ = false, data_digest_ = false;

  // While the data of a PDU is received elsewhere; its header stays at begin_.
  byte_span target_;
  std::shared_ptr<const void> target_owner_;
  std::size_t target_filled_ = 0;
  bool placing_ = false;
  bool asked_ = false;  // `where` was asked about the PDU at begin_
};

}  // namespace cairn::iscsi
