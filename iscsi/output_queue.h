// PDUs on their way to the socket, with digests and padding, their data where it lies.
#pragma once
#include <sys/uio.h>

#include <deque>
#include <memory>
#include <vector>

#include "iscsi/pdu.h"

namespace cairn::iscsi {

class output_queue {
 public:
  void use_digests(bool of_header, bool of_data);

  // `data` lies in what `keep` holds. Sets the header's data length.
  void push(header h, byte_view data, std::shared_ptr<const void> keep);
  void push(const outgoing& o);

  bool empty() const { return items_.empty(); }
  std::size_t pdus() const { return items_.size(); }
  std::size_t data_bytes() const { return data_bytes_; }  // of the PDUs that are not sent whole
  // The next bytes to send, `parts_max` stretches at most.
  std::vector<iovec> front(std::size_t parts_max) const;
  void sent(std::size_t n);

 private:
  struct item {
    std::array<std::byte, header_bytes + digest_bytes> head;
    std::size_t head_bytes = 0;
    byte_view data;
    std::array<std::byte, 3 + digest_bytes> tail;  // padding and digest
    std::size_t tail_bytes = 0;
    std::shared_ptr<const void> keep;
    std::size_t size() const { return head_bytes + data.size() + tail_bytes; }
  };

  bool header_digest_ = false, data_digest_ = false;
  std::deque<item> items_;
  std::size_t data_bytes_ = 0;
  std::size_t skip_ = 0;  // bytes of the first item that were sent
};

}  // namespace cairn::iscsi
