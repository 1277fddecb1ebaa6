// One target: a volume, its logical unit, and the connections that are logged in to it.
//
// The logical unit is made at the first login, because a secondary's volume has its identity from
// its primary, and is exported only after promotion.
//
// Thread-safe. Connections call it with their own lock held; it never calls back under it.
#pragma once
#include <algorithm>  // first: Asio must find aligned_alloc in every file, or in none
#include <asio/thread_pool.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/iscsi/reservation_rows.h"
#include "gateway/iscsi/unit.h"
#include "iscsi/login.h"

namespace cairn::iscsi {

class connection;

struct target_export {
  std::string name;  // iqn…
  exported_volume volume;
  std::uint32_t block_bytes = 512;
};

class target {
 public:
  target(target_export what, reservation_rows& reservations, const std::atomic<bool>& stopping);

  const std::string& name() const { return what_.name; }
  const volume_facts facts() const { return what_.volume.facts(); }
  bool exported() const { return facts().writable; }
  unit& storage() { return unit_; }
  // Runs what may wait for room in the member's journal. Set before the first connection.
  asio::thread_pool& writers() { return *writers_; }
  void use(asio::thread_pool& writers) { writers_ = &writers; }
  const host_face* owner() const { return what_.volume.owner; }
  // The volume may have grown: initiators are told so.
  void look_at_size();
  // Made when it is first asked for. EBADMSG when its reservations are damaged.
  result<scsi::device*> device();

  using connections = std::vector<std::shared_ptr<connection>>;
  // A session begins. Returns those of the same initiator port: it takes their place, and begins
  // when nothing of them can reach the volume any more.
  connections join(const std::shared_ptr<connection>& c, const std::string& port);
  // No task of it is left.
  void leave(const connection& c);
  // Lost ones, too, as long as a task of theirs is at the storage.
  connections joined(const connection* but = nullptr) const;

 private:
  std::uint64_t size_bytes() const;  // in whole blocks

  const target_export what_;
  reservation_row reservations_;
  unit unit_;
  asio::thread_pool* writers_ = nullptr;
  mutable std::mutex mutex_;
  std::unique_ptr<scsi::device> device_;
  struct place {
    std::string port;  // the initiator port's name
    std::weak_ptr<connection> taken_by;
  };
  std::vector<place> places_;
};

}  // namespace cairn::iscsi
