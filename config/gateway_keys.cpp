// Every key of a gateway's configuration (config/key_table.h).
#include "config/iscsi_keys.h"
#include "config/key_table.h"
#include "config/shared_keys.h"

namespace cairn {
namespace {

const table_keys gateway_table{.heading = "[gateway]",
                               .path = "gateway",
                               .sentence = "The gateway itself.",
                               .keys = {
                                   {.name = "name",
                                    .type = key_type::name,
                                    .need = presence::required,
                                    .sentence = "what messages and the page call it",
                                    .example = "m1-primary"},
                                   {.name = "state",
                                    .type = key_type::path,
                                    .need = presence::required,
                                    .sentence = "directory of the gateway's own files",
                                    .example = "/var/lib/cairn/gateway"},
                                   log_key(),
                                   insecure_key(),
                               }};

const table_keys nbd_table{.heading = "[nbd]",
                           .path = "nbd",
                           .sentence = "Where hosts connect over NBD: a Unix socket, TCP, or both.",
                           .keys = {
                               {.name = "socket",
                                .type = key_type::socket_path,
                                .need = presence::depends,
                                .otherwise = "no Unix socket",
                                .sentence = "Unix socket, at most 107 bytes long; its mode is 0660",
                                .example = "/run/cairn/gateway.sock"},
                               {.name = "listen",
                                .type = key_type::address,
                                .need = presence::depends,
                                .otherwise = "no TCP",
                                .sentence = "TCP address",
                                .example = "127.0.0.1:10809"},
                           }};

const table_keys control_table{.heading = "[control]",
                               .path = "control",
                               .sentence = "Where the coordinator of this site connects.",
                               .keys = {{.name = "listen",
                                         .type = key_type::address,
                                         .need = presence::required,
                                         .sentence = "TCP address",
                                         .example = "127.0.0.1:7331"}}};

const table_keys link_table{.heading = "[link]",
                            .path = "link",
                            .sentence = "Where primaries of the other site connect.",
                            .keys = {{.name = "listen",
                                      .type = key_type::address,
                                      .need = presence::depends,
                                      .otherwise = "no primary can connect",
                                      .sentence = "TCP address; needed when a member is secondary",
                                      .example = "127.0.0.1:7330"}}};

const table_keys journal_table{
    .heading = "[journal]",
    .path = "member.journal",
    .sentence = "The member's journal.",
    .keys = {
        {.name = "directory",
         .type = key_type::path,
         .need = presence::required,
         .sentence = "where it lies, best on a disk of its own",
         .example = "/var/lib/cairn/m1/journal"},
        {.name = "size",
         .type = key_type::size,
         .fallback = "16GiB",
         .sentence = "the most that it takes; room for five segments and 1MiB at least"},
        {.name = "segment",
         .type = key_type::size,
         .fallback = "256MiB",
         .sentence = "size of one of its files; at least 2MiB, a multiple of 4KiB"},
    }};

const table_keys volume_table{
    .heading = "[[volume]]",
    .path = "member.volume",
    .sentence =
        "A volume that hosts see. Its size may grow while the gateway runs (SIGHUP), and "
        "never shrinks.",
    .keys = {
        {.name = "name",
         .type = key_type::name,
         .need = presence::required,
         .sentence = "the NBD export's name, once on the gateway, the same at both sites",
         .example = "m1-v1"},
        {.name = "path",
         .type = key_type::path,
         .need = presence::required,
         .sentence = "its backing file, made sparse when it is missing, or a block device",
         .example = "/var/lib/cairn/m1/m1-v1.img"},
        {.name = "size",
         .type = key_type::size,
         .need = presence::depends,
         .otherwise = "the size of the block device",
         .sentence = "its size; only a block device may leave it out",
         .example = "1GiB"},
        {.name = "iscsi",
         .type = key_type::table,
         .sentence = "what is its own over iSCSI",
         .inner = &volume_iscsi_keys()},
    }};

const table_keys member_table{
    .heading = "[[member]]",
    .path = "member",
    .sentence =
        "A part of a consistency group: volumes with one journal, and their copy at the "
        "other site.",
    .keys = {
        {.name = "group",
         .type = key_type::name,
         .need = presence::required,
         .sentence = "the group's name, the same at both sites",
         .example = "lab"},
        {.name = "name",
         .type = key_type::name,
         .need = presence::required,
         .sentence = "the member's name, the same at both sites",
         .example = "m1"},
        {.name = "role",
         .type = key_type::choice,
         .need = presence::required,
         .sentence = "at the first start; a takeover changes it for good",
         .example = "primary",
         .choices = {"primary", "secondary"}},
        {.name = "peer",
         .type = key_type::address,
         .otherwise = "the member is not replicated",
         .sentence = "of a primary: [link] listen of the gateway at the other site",
         .example = "127.0.0.1:7330"},
        {.name = "journal",
         .type = key_type::table,
         .need = presence::required,
         .sentence = "its journal",
         .inner = &journal_table},
        {.name = "volume",
         .type = key_type::tables,
         .need = presence::required,
         .sentence = "its volumes",
         .inner = &volume_table},
    }};

const table_keys testing_table{
    .heading = "[testing]",
    .path = "testing",
    .sentence = "Switches that break things on purpose; each is logged as a warning at the start.",
    .keys =
        {
            {.name = "hold",
             .type = key_type::boolean,
             .fallback = "true",
             .sentence = "false: acknowledgements are not withheld while a marker is taken; "
                         "markers are no longer consistent"},
            {.name = "destage",
             .type = key_type::boolean,
             .fallback = "true",
             .sentence = "false: nothing is moved to the backing files, so the journal is never "
                         "trimmed"},
            {.name = "hang",
             .type = key_type::choice,
             .otherwise = "none does",
             .sentence = "this thread of each member stands still, as in a deadlock, until the "
                         "watchdog ends the process",
             .example = "destage",
             .choices = {"destage", "sync"}},
        },
    .only_tests = true};

}  // namespace

const table_keys& gateway_keys() {
  static const table_keys all{
      .heading = "the file",
      .path = "",
      .sentence = "The configuration of cairn-gateway.",
      .keys = {table_key(gateway_table, key_type::table, presence::required),
               table_key(nbd_table, key_type::table, presence::required),
               table_key(control_table, key_type::table, presence::required),
               table_key(link_table, key_type::table), table_key(iscsi_keys(), key_type::table),
               table_key(member_table, key_type::tables, presence::required),
               table_key(testing_table, key_type::table)}};
  return all;
}

}  // namespace cairn
