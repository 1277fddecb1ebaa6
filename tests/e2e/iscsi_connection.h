// One iSCSI session by libiscsi. Reading waits; a write goes on while its initiator looks
// elsewhere, as over NBD. Errors carry libiscsi's sentence, which for a lost connection may be an
// old one.
#pragma once
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

#include "tests/e2e/block_connection.h"

namespace cairn::probe {

class iscsi_connection final : public block_connection {
 public:
  explicit iscsi_connection(const std::string& uri);

  std::uint64_t size_bytes() const override { return size_bytes_; }
  void read(std::span<std::byte> out, std::uint64_t offset) override;
  void begin_write(std::span<const std::byte> in, std::uint64_t offset) override;
  bool finished() override;
  void finish() override;

 private:
  struct task_freer {
    void operator()(scsi_task* t) const { scsi_free_scsi_task(t); }
  };
  struct session_closer {
    void operator()(iscsi_context* s) const { iscsi_destroy_context(s); }
  };
  using owned_task = std::unique_ptr<scsi_task, task_freer>;

  void log_in(const std::string& uri);
  void ask_capacity();
  template <typename Ask>
  owned_task answer_to(Ask ask);
  void issue_write();
  void serve(int wait_ms);  // -1: until something comes
  void expect_good(const scsi_task& task) const;
  [[noreturn]] void fail(const std::string& what) const;
  static void write_ended(iscsi_context*, int status, void* task, void* connection);

  std::uint64_t size_bytes_ = 0;
  std::uint32_t unit_bytes_ = 0;  // of a logical block
  int lun_ = 0;

  std::span<const std::byte> writing_;  // the write under way; empty: none
  std::uint64_t writing_at_ = 0;
  owned_task ended_;  // the answer to that write, once it is there

  // Last, for its end still calls write_ended().
  std::unique_ptr<iscsi_context, session_closer> session_;
};

}  // namespace cairn::probe
