// Keys that gateways and coordinators have alike.
#pragma once
#include "config/key_table.h"

namespace cairn {

inline key_facts log_key() {
  return {.name = "log",
          .type = key_type::choice,
          .fallback = "notice",
          .sentence = "the least that is logged",
          .choices = {"debug", "notice", "warning", "error"}};
}

inline key_facts insecure_key() {
  return {.name = "insecure",
          .type = key_type::boolean,
          .fallback = "false",
          .sentence =
              "true: addresses beyond loopback are allowed, though links carry no TLS and "
              "anybody on the network could read and change what travels"};
}

// A key of the file that is a table with keys of its own.
inline key_facts table_key(const table_keys& table, key_type type,
                           presence need = presence::optional) {
  return {.name = table.path, .type = type, .need = need, .sentence = {}, .inner = &table};
}

}  // namespace cairn
