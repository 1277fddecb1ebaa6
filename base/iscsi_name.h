// Names of iSCSI nodes (RFC 7143 4.2.7): "iqn.2026-11.io.cairn:lab.m1-v1", "eui.…", "naa.…".
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace cairn {

inline constexpr std::size_t iscsi_name_bytes_max = 223;

// The name in lower case, as names are compared; nothing where it is none. Only ASCII is taken, and
// of it letters, digits and -.:_+@/ : a name goes into messages and, behind a comma, into ports.
std::optional<std::string> iscsi_name(std::string_view text);

// A name that we may give a target: an iqn of the characters a-z 0-9 - . : only, which every
// initiator takes.
bool is_target_name(const std::string& name);

}  // namespace cairn
