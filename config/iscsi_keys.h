// The keys of [iscsi] and of a volume's `iscsi` (config/key_table.h).
#pragma once
#include "config/key_table.h"

namespace cairn {

const table_keys& iscsi_keys();
const table_keys& volume_iscsi_keys();

}  // namespace cairn
