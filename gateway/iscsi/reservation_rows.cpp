#include "gateway/iscsi/reservation_rows.h"

namespace cairn::iscsi {

result<std::unique_ptr<reservation_rows>> reservation_rows::open(disk& on,
                                                                 const std::string& directory) {
  auto db = database::open(on, directory + "/reservations.db", database::access::read_write);
  if (!db) return fail(db.error());
  CAIRN_TRY((*db)->transaction(database::durability::full, [&] {
    return (*db)->execute(
        "CREATE TABLE IF NOT EXISTS reservations("
        " target TEXT PRIMARY KEY,"
        " image BLOB NOT NULL)");  // docs/iscsi.md
  }));
  return std::unique_ptr<reservation_rows>(new reservation_rows(std::move(*db)));
}

result<void> reservation_rows::save(const std::string& target, byte_view image) {
  return db_.with([&](auto& db) {
    return db->transaction(database::durability::full, [&]() -> result<void> {
      auto put = db->prepare("INSERT OR REPLACE INTO reservations VALUES(?, ?)");
      if (!put) return fail(put.error());
      return put->bind(1, target).bind(2, image).run();
    });
  });
}

result<bytes> reservation_rows::load(const std::string& target) {
  return db_.with([&](auto& db) -> result<bytes> {
    auto get = db->prepare("SELECT image FROM reservations WHERE target = ?");
    if (!get) return fail(get.error());
    const auto row = get->bind(1, target).step();
    if (!row) return fail(row.error());
    return *row ? get->blob(0) : bytes{};
  });
}

}  // namespace cairn::iscsi
