#include "config/iscsi_keys.h"

namespace cairn {
namespace {

// What [iscsi] gives to every volume and a volume may have of its own.
std::vector<key_facts> keys_of_both(bool of_volume) {
  std::vector<key_facts> keys{
      {.name = "initiators",
       .type = key_type::texts,
       .otherwise = "all",
       .sentence = "names of initiators that may log in; they are claims: without CHAP anybody who "
                   "knows one can use it",
       .example = "iqn.1993-08.org.debian:01:4f3e2d1c"},
      {.name = "user",
       .type = key_type::text,
       .otherwise = "no authentication",
       .sentence = "CHAP: the name that initiators prove to have the secret of",
       .example = "host-a"},
      {.name = "secret_file",
       .type = key_type::path,
       .sentence = "the secret of `user`: 12 to 255 bytes, in a file that only its owner can read",
       .example = "/etc/cairn/secrets/host-a"},
      {.name = "mutual_user",
       .type = key_type::text,
       .otherwise = "the gateway proves nothing",
       .sentence = "CHAP: what the gateway proves when initiators ask",
       .example = "cairn"},
      {.name = "mutual_secret_file",
       .type = key_type::path,
       .sentence = "the secret of `mutual_user`; another one than that of `user`",
       .example = "/etc/cairn/secrets/cairn"},
  };
  for (auto& key : keys) key.as_in_iscsi = of_volume;
  return keys;
}

std::vector<key_facts> joined(std::vector<key_facts> first, std::vector<key_facts> second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

const table_keys& iscsi_keys() {
  static const table_keys all{
      .heading = "[iscsi]",
      .path = "iscsi",
      .sentence =
          "Exports the volumes over iSCSI too, each as a target of its own with one LUN, 0; "
          "those of a secondary once it is promoted. At both sites a volume must have the "
          "same target name, accounts, initiators and block size.",
      .keys = joined(
          {
              {.name = "listen",
               .type = key_type::addresses,
               .need = presence::required,
               .sentence = "where initiators connect",
               .example = "127.0.0.1:3260"},
              {.name = "portals",
               .type = key_type::addresses,
               .otherwise = "`listen`",
               .sentence = "what discovery tells: needed behind NAT, or with 0.0.0.0",
               .example = "192.0.2.7:3260"},
              {.name = "target_prefix",
               .type = key_type::text,
               .fallback = "iqn.2026-11.io.cairn",
               .sentence = "a target is PREFIX:GROUP.VOLUME; of the characters a-z 0-9 - . :"},
              {.name = "digests",
               .type = key_type::choices,
               .fallback = "sha256, sha1",
               .sentence = "algorithms of CHAP that are allowed; md5 only if listed, and last",
               .choices = {"sha256", "sha1", "md5"}},
              {.name = "discovery_user",
               .type = key_type::text,
               .otherwise = "no authentication",
               .sentence = "CHAP of discovery sessions",
               .example = "finder"},
              {.name = "discovery_secret_file",
               .type = key_type::path,
               .sentence = "the secret of `discovery_user`",
               .example = "/etc/cairn/secrets/finder"},
          },
          keys_of_both(false))};
  return all;
}

const table_keys& volume_iscsi_keys() {
  static const table_keys all{
      .heading = "[iscsi]",
      .path = "member.volume.iscsi",
      .sentence = "What is the volume's own over iSCSI; the rest is as in [iscsi].",
      .keys = joined({{.name = "name",
                       .type = key_type::text,
                       .otherwise = "PREFIX:GROUP.VOLUME",
                       .sentence = "the whole target name; for volumes whose names have other "
                                   "characters than a-z 0-9 - .",
                       .example = "iqn.2026-11.io.cairn:lab.db-1"},
                      {.name = "block_size",
                       .type = key_type::integer,
                       .fallback = "512",
                       .sentence = "512 or 4096, a divisor of the volume's size"}},
                     keys_of_both(true))};
  return all;
}

}  // namespace cairn
