// Every key of a coordinator's configuration (config/key_table.h).
#include "config/key_table.h"
#include "config/shared_keys.h"

namespace cairn {
namespace {

const table_keys coordinator_table{
    .heading = "[coordinator]",
    .path = "coordinator",
    .sentence = "The coordinator itself.",
    .keys = {
        {.name = "name",
         .type = key_type::name,
         .need = presence::required,
         .sentence = "what messages and the page call it",
         .example = "site-a"},
        {.name = "group",
         .type = key_type::name,
         .need = presence::required,
         .sentence = "the consistency group that it serves, the same at both sites",
         .example = "lab"},
        {.name = "role",
         .type = key_type::choice,
         .need = presence::required,
         .sentence = "primary makes markers; secondary selects and applies them",
         .example = "primary",
         .choices = {"primary", "secondary"}},
        {.name = "state",
         .type = key_type::path,
         .need = presence::required,
         .sentence = "directory of its own files",
         .example = "/var/lib/cairn/coordinator"},
        {.name = "socket",
         .type = key_type::socket_path,
         .need = presence::required,
         .sentence = "Unix socket for commands, at most 107 bytes long; its mode is 0600",
         .example = "/run/cairn/coordinator.sock"},
        log_key(),
        insecure_key(),
    }};

const table_keys http_table{.heading = "[http]",
                            .path = "http",
                            .sentence = "The page and the API, for reading only.",
                            .keys = {{.name = "listen",
                                      .type = key_type::address,
                                      .need = presence::required,
                                      .sentence = "TCP address",
                                      .example = "127.0.0.1:7380"}}};

const table_keys markers_table{
    .heading = "[markers]",
    .path = "markers",
    .sentence = "How often markers are made, and what is expected of them.",
    .keys = {
        {.name = "interval",
         .type = key_type::duration,
         .fallback = "1s",
         .sentence = "between two markers; at least 50ms"},
        {.name = "hold_limit",
         .type = key_type::duration,
         .otherwise = "50ms, or a quarter of the interval if that is less",
         .sentence = "the longest that acknowledgements wait for a marker; at most a quarter of "
                     "the interval",
         .example = "50ms"},
        {.name = "rpo_target",
         .type = key_type::duration,
         .fallback = "5s",
         .sentence = "how old the newest marker may be before the verdict is a warning"},
    }};

const table_keys member_table{
    .heading = "[[member]]",
    .path = "member",
    .sentence = "A member of the group, at this coordinator's site. List all of them.",
    .keys = {
        {.name = "name",
         .type = key_type::name,
         .need = presence::required,
         .sentence = "the member's name, as in its gateway's configuration",
         .example = "m1"},
        {.name = "control",
         .type = key_type::address,
         .need = presence::required,
         .sentence = "[control] listen of its gateway at this site",
         .example = "127.0.0.1:7331"},
    }};

const table_keys delay_table{.heading = "[delay_mark]",
                             .path = "testing.delay_mark",
                             .sentence = "Sends MARK to one member late.",
                             .keys = {
                                 {.name = "member",
                                  .type = key_type::text,
                                  .need = presence::required,
                                  .sentence = "which member",
                                  .example = "m2"},
                                 {.name = "by",
                                  .type = key_type::duration,
                                  .need = presence::required,
                                  .sentence = "how late",
                                  .example = "20ms"},
                             }};

const table_keys testing_table{
    .heading = "[testing]",
    .path = "testing",
    .sentence = "Switches that delay things on purpose; each is logged as a warning at the start.",
    .keys = {{.name = "delay_mark",
              .type = key_type::table,
              .sentence = "sends MARK to one member late",
              .inner = &delay_table}},
    .only_tests = true};

}  // namespace

const table_keys& coordinator_keys() {
  static const table_keys all{
      .heading = "the file",
      .path = "",
      .sentence = "The configuration of cairn-coordinator.",
      .keys = {table_key(coordinator_table, key_type::table, presence::required),
               table_key(http_table, key_type::table, presence::required),
               table_key(markers_table, key_type::table),
               table_key(member_table, key_type::tables, presence::required),
               table_key(testing_table, key_type::table)}};
  return all;
}

}  // namespace cairn
