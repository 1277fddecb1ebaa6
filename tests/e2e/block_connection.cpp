#include "tests/e2e/block_connection.h"

#include "tests/e2e/iscsi_connection.h"
#include "tests/e2e/nbd_connection.h"

namespace cairn::probe {

std::unique_ptr<block_connection> connect(const std::string& uri) {
  if (uri.starts_with("iscsi://")) return std::make_unique<iscsi_connection>(uri);
  return std::make_unique<nbd_connection>(uri);
}

}  // namespace cairn::probe
