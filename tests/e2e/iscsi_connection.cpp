#include "tests/e2e/iscsi_connection.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cairn::probe {
namespace {

constexpr const char* initiator = "iqn.2026-11.io.cairn:causal-probe";

// After a login, and whenever the unit has news: the command was not done, and asked again it is.
bool unit_attention(const scsi_task& task) {
  return task.status == SCSI_STATUS_CHECK_CONDITION && task.sense.key == SCSI_SENSE_UNIT_ATTENTION;
}

}  // namespace

iscsi_connection::iscsi_connection(const std::string& uri)
    : session_(iscsi_create_context(initiator)) {
  if (!session_) throw connection_error("no memory for an iSCSI session");
  log_in(uri);
  ask_capacity();
}

void iscsi_connection::log_in(const std::string& uri) {
  iscsi_context* s = session_.get();
  const std::unique_ptr<iscsi_url, decltype(&iscsi_destroy_url)> url(
      iscsi_parse_full_url(s, uri.c_str()), iscsi_destroy_url);
  if (!url) fail(uri);
  lun_ = url->lun;
  iscsi_set_targetname(s, url->target);
  iscsi_set_session_type(s, ISCSI_SESSION_NORMAL);
  // It would repeat what was under way against whoever answers next, and hide the loss.
  iscsi_set_noautoreconnect(s, 1);
  if (iscsi_full_connect_sync(s, url->portal, lun_) != 0) fail(uri);
}

void iscsi_connection::ask_capacity() {
  const owned_task task =
      answer_to([&] { return iscsi_readcapacity16_sync(session_.get(), lun_); });
  // Belongs to the task.
  const auto* capacity = static_cast<scsi_readcapacity16*>(scsi_datain_unmarshall(task.get()));
  if (!capacity || capacity->block_length == 0) fail("read capacity");
  unit_bytes_ = capacity->block_length;
  size_bytes_ = (capacity->returned_lba + 1) * unit_bytes_;
}

// Ends, for a unit tells each of its news once.
template <typename Ask>
iscsi_connection::owned_task iscsi_connection::answer_to(Ask ask) {
  owned_task task;
  do {
    task.reset(ask());
    if (!task) fail("no answer");
  } while (unit_attention(*task));
  expect_good(*task);
  return task;
}

void iscsi_connection::read(std::span<std::byte> out, std::uint64_t offset) {
  const owned_task task = answer_to([&] {
    return iscsi_read16_sync(session_.get(), lun_, offset / unit_bytes_, std::uint32_t(out.size()),
                             int(unit_bytes_), 0, 0, 0, 0, 0);
  });
  if (std::size_t(task->datain.size) != out.size()) fail("a short read");
  std::memcpy(out.data(), task->datain.data, out.size());
}

void iscsi_connection::begin_write(std::span<const std::byte> in, std::uint64_t offset) {
  finish();
  writing_ = in;
  writing_at_ = offset;
  issue_write();
}

void iscsi_connection::issue_write() {
  // libiscsi only reads these bytes.
  auto* bytes = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(writing_.data()));
  if (!iscsi_write16_task(session_.get(), lun_, writing_at_ / unit_bytes_, bytes,
                          std::uint32_t(writing_.size()), int(unit_bytes_), 0, 0, 0, 0, 0,
                          write_ended, this))
    fail("write");
  serve(0);  // sends: until here it was only queued
}

void iscsi_connection::write_ended(iscsi_context*, int status, void* task, void* connection) {
  auto* ended = static_cast<scsi_task*>(task);
  ended->status = status;
  static_cast<iscsi_connection*>(connection)->ended_.reset(ended);
}

bool iscsi_connection::finished() {
  if (writing_.empty()) return true;
  if (!ended_) serve(0);
  if (!ended_) return false;
  const owned_task task = std::move(ended_);
  if (unit_attention(*task)) {
    issue_write();
    return false;
  }
  expect_good(*task);
  writing_ = {};
  return true;
}

void iscsi_connection::finish() {
  while (!finished())
    if (!ended_) serve(-1);
}

void iscsi_connection::serve(int wait_ms) {
  pollfd p{iscsi_get_fd(session_.get()), short(iscsi_which_events(session_.get())), 0};
  if (poll(&p, 1, wait_ms) == -1 && errno != EINTR) fail("poll");
  if (p.revents != 0 && iscsi_service(session_.get(), p.revents) != 0) fail("the session ended");
}

void iscsi_connection::expect_good(const scsi_task& task) const {
  if (task.status != SCSI_STATUS_GOOD) fail("SCSI status " + std::to_string(task.status));
}

void iscsi_connection::fail(const std::string& what) const {
  throw connection_error(what + ": " + iscsi_get_error(session_.get()));
}

}  // namespace cairn::probe
