// The status message, which is long, to and from its head. Internal to replication/wire*.cpp.
#pragma once
#include "replication/status.h"
#include "replication/wire_fields.h"

namespace cairn {

void put_status(const member_status& m, wire::member_status& out);
member_status take_status(field_reader& read, const wire::member_status& in);

std::uint32_t role_field(member_role role);
member_role take_role(field_reader& read, std::uint32_t raw);

}  // namespace cairn
