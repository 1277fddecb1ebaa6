#include "cli/doctor/iscsi_look.h"

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>

#include "cli/doctor/greetings.h"

namespace cairn::doctor {
namespace {

constexpr int step_s = 4;
constexpr const char* own_name = "iqn.2026-11.io.cairn:doctor";
constexpr const char* no_digest =
    "CHAP was not tried: libiscsi knows MD5 alone, which `digests` does not list";

using task_ptr = std::unique_ptr<scsi_task, decltype(&scsi_free_scsi_task)>;

bool knows_md5(const iscsi_config& c) {
  return std::ranges::find(c.digests, "md5") != c.digests.end();
}

class iscsi_session {
 public:
  iscsi_session(const std::string& initiator, iscsi_session_type type)
      : session_(iscsi_create_context(initiator.c_str()), iscsi_destroy_context) {
    if (!session_) return;
    iscsi_set_session_type(get(), type);
    iscsi_set_noautoreconnect(get(), 1);
    iscsi_set_timeout(get(), step_s);
  }

  iscsi_context* get() const { return session_.get(); }
  tl::unexpected<error> failed() const {
    return fail(EIO, session_ ? iscsi_get_error(get()) : "no memory for an iSCSI session");
  }

  void prove(const std::optional<chap_config>& own, const std::optional<chap_config>& mutual) {
    if (own) iscsi_set_initiator_username_pwd(get(), own->user.c_str(), own->secret.c_str());
    if (own && mutual)
      iscsi_set_target_username_pwd(get(), mutual->user.c_str(), mutual->secret.c_str());
  }

  // The answer to a command: a unit tells each of its news once, instead of it.
  result<task_ptr> command(const std::function<scsi_task*()>& ask) const {
    for (int i = 0; i < news_max; ++i) {
      task_ptr task(ask(), scsi_free_scsi_task);
      if (!task) return failed();
      const bool news = task->status == SCSI_STATUS_CHECK_CONDITION &&
                        task->sense.key == SCSI_SENSE_UNIT_ATTENTION;
      if (!news) return task;
    }
    return fail(EIO, "the unit has too many news");
  }

 private:
  static constexpr int news_max = 8;
  std::unique_ptr<iscsi_context, int (*)(iscsi_context*)> session_;
};

result<void> read_block(const iscsi_session& s, std::uint64_t at, std::uint32_t block_bytes,
                        volume_seen& seen) {
  const auto task = s.command([&] {
    return iscsi_read16_sync(s.get(), 0, at, block_bytes, int(block_bytes), 0, 0, 0, 0, 0);
  });
  if (!task) return fail(task.error());
  if ((*task)->status == SCSI_STATUS_RESERVATION_CONFLICT) {
    seen.note = "a host has reserved it, so it was not read";
    return {};
  }
  const bool whole =
      (*task)->status == SCSI_STATUS_GOOD && std::uint32_t((*task)->datain.size) == block_bytes;
  if (!whole) return s.failed();
  return {};
}

result<volume_seen> look_at_unit(const iscsi_session& s) {
  const auto task = s.command([&] { return iscsi_readcapacity16_sync(s.get(), 0); });
  if (!task) return fail(task.error());
  // Belongs to the task.
  const auto* capacity = static_cast<scsi_readcapacity16*>(scsi_datain_unmarshall(task->get()));
  if ((*task)->status != SCSI_STATUS_GOOD || capacity == nullptr || capacity->block_length == 0)
    return s.failed();
  volume_seen seen;
  const auto last = capacity->returned_lba;
  const auto block = capacity->block_length;
  seen.size_bytes = (last + 1) * block;
  seen.writable = true;  // a volume that can't be written is not exported
  CAIRN_TRY(read_block(s, 0, block, seen));
  CAIRN_TRY(read_block(s, last, block, seen));
  return seen;
}

}  // namespace

std::string initiator_for(const iscsi_volume_config& volume) {
  return volume.initiators.empty() ? own_name : volume.initiators.front();
}

result<std::vector<std::string>> discover(const iscsi_config& config, const endpoint& portal,
                                          const std::string& initiator) {
  if (config.discovery && !knows_md5(config)) return fail(EOPNOTSUPP, no_digest);
  iscsi_session s(initiator, ISCSI_SESSION_DISCOVERY);
  if (s.get() == nullptr) return s.failed();
  s.prove(config.discovery, std::nullopt);
  if (iscsi_connect_sync(s.get(), reachable(portal).text().c_str()) != 0 ||
      iscsi_login_sync(s.get()) != 0)
    return s.failed();
  auto* const found = iscsi_discovery_sync(s.get());
  if (found == nullptr) return std::vector<std::string>{};
  std::vector<std::string> targets;
  for (auto* at = found; at != nullptr; at = at->next) targets.emplace_back(at->target_name);
  iscsi_free_discovery_data(s.get(), found);
  iscsi_logout_sync(s.get());
  return targets;
}

result<volume_seen> look_over_iscsi(const iscsi_config& config, const endpoint& portal,
                                    const iscsi_volume_config& volume) {
  if (volume.accounts.initiator && !knows_md5(config)) return fail(EOPNOTSUPP, no_digest);
  iscsi_session s(initiator_for(volume), ISCSI_SESSION_NORMAL);
  if (s.get() == nullptr) return s.failed();
  s.prove(volume.accounts.initiator, volume.accounts.mutual);
  iscsi_set_targetname(s.get(), volume.target.c_str());
  if (iscsi_connect_sync(s.get(), reachable(portal).text().c_str()) != 0 ||
      iscsi_login_sync(s.get()) != 0)
    return s.failed();
  auto seen = look_at_unit(s);
  iscsi_logout_sync(s.get());
  return seen;
}

}  // namespace cairn::doctor
