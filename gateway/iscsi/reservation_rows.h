// Persistent reservations that initiators want kept through a loss of power (APTPL), a row a volume
// in DIRECTORY/reservations.db. Thread-safe.
#pragma once
#include <memory>
#include <string>

#include "base/guarded.h"
#include "iscsi/scsi/device.h"
#include "storage/database.h"

namespace cairn::iscsi {

class reservation_rows {
 public:
  static result<std::unique_ptr<reservation_rows>> open(disk& on, const std::string& directory);

  result<void> save(const std::string& target, byte_view image);  // durable when it returns
  result<bytes> load(const std::string& target);                  // empty: none

 private:
  explicit reservation_rows(std::unique_ptr<database> db) : db_(std::move(db)) {}
  guarded<std::unique_ptr<database>> db_;
};

// The row of one target.
class reservation_row final : public scsi::reservation_store {
 public:
  reservation_row(reservation_rows& all, std::string target)
      : all_(all), target_(std::move(target)) {}
  result<void> save(byte_view image) override { return all_.save(target_, image); }
  result<bytes> load() override { return all_.load(target_); }

 private:
  reservation_rows& all_;
  const std::string target_;
};

}  // namespace cairn::iscsi
