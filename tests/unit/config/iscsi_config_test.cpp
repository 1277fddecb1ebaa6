#include <algorithm>

#include "config/config.h"
#include "config/secret_file.h"
#include "tests/unit/config/configuration_fixture.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;

class iscsi_configuration : public configuration_directory {
 protected:
  std::string put(const std::string& name, const std::string& text, mode_t mode = 0600) {
    return configuration_directory::put(name, text, mode);
  }
  // A gateway with these lines under [iscsi] and this after the volume's other keys.
  result<gateway_config> read(const std::string& iscsi, const std::string& volume = "",
                              const std::string& gateway = "", const std::string& name = "m1-v1") {
    return read_gateway_config(
        put("gateway.toml", "[gateway]\nname = \"g\"\nstate = \"/nowhere/g\"\n" + gateway +
                                "[nbd]\nlisten = \"127.0.0.1:10809\"\n"
                                "[control]\nlisten = \"127.0.0.1:7331\"\n" +
                                (iscsi.empty() ? "" : "[iscsi]\n" + iscsi) +
                                "[[member]]\ngroup = \"lab\"\nname = \"m1\"\nrole = \"primary\"\n"
                                "journal = { directory = \"/nowhere/j\" }\n"
                                "[[member.volume]]\nname = \"" +
                                name +
                                "\"\npath = \"/nowhere/v\"\n"
                                "size = \"1536B\"\n" +
                                volume));
  }
  static std::string error(const result<gateway_config>& read) {
    return read ? "" : read.error().text;
  }
  const iscsi_volume_config& volume(const result<gateway_config>& read) {
    return *read->members.at(0).volumes.at(0).iscsi;
  }
  std::string secret(const std::string& name, const std::string& text = "a secret of 20 bytes") {
    return "\"" + put(name, text) + "\"\n";
  }

  static constexpr const char* plain = "listen = \"127.0.0.1:3260\"\n";
};

TEST_F(iscsi_configuration, WithoutItNoVolumeIsExportedOverIscsi) {
  const auto config = read("");
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_FALSE(config->iscsi);
  EXPECT_FALSE(config->members[0].volumes[0].iscsi);
  expect_says(error(read("", "iscsi = { block_size = 4096 }\n")), "there is no [iscsi]");
}

TEST_F(iscsi_configuration, AListenerIsEnough) {
  const auto config = read(plain);
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->iscsi->listen, (std::vector<endpoint>{{"127.0.0.1", 3260}}));
  EXPECT_EQ(config->iscsi->portals, config->iscsi->listen);
  EXPECT_EQ(config->iscsi->digests, (std::vector<std::string>{"sha256", "sha1"}));
  EXPECT_FALSE(config->iscsi->discovery);
  EXPECT_EQ(volume(config).target, "iqn.2026-11.io.cairn:lab.m1-v1");
  EXPECT_EQ(volume(config).block_bytes, 512u);
  EXPECT_TRUE(volume(config).initiators.empty());
  EXPECT_FALSE(volume(config).accounts.initiator);
}

TEST_F(iscsi_configuration, SeveralListenersAndPortalsOfTheirOwn) {
  const auto config = read(
      "listen = [\"127.0.0.1:3260\", \"[::1]:3260\"]\n"
      "portals = [\"192.0.2.7:13260\"]\ndigests = [\"sha1\", \"md5\"]\n"
      "target_prefix = \"iqn.2001-04.com.example:disks\"\n");
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(config->iscsi->listen.size(), 2u);
  EXPECT_EQ(config->iscsi->portals, (std::vector<endpoint>{{"192.0.2.7", 13260}}));
  EXPECT_EQ(config->iscsi->digests, (std::vector<std::string>{"sha1", "md5"}));
  EXPECT_EQ(volume(config).target, "iqn.2001-04.com.example:disks:lab.m1-v1");
}

TEST_F(iscsi_configuration, ItsListenersFollowTheRulesOfAll) {
  expect_says(error(read("digests = [\"sha1\"]\n")), "[iscsi] lacks `listen`");
  expect_says(error(read("listen = []\n")), "`listen` lists nothing");
  expect_says(error(read("listen = [\"127.0.0.1:3260\", 5]\n")), "`listen` must hold strings");
  expect_says(error(read("listen = \"127.0.0.1\"\n")), "is no address");
  expect_says(error(read("listen = [\"127.0.0.1:3260\", \"192.0.2.1:3260\"]\n")),
              "gateway.toml:9:29: 192.0.2.1:3260 is not a loopback address");
  expect_says(error(read("listen = \"127.0.0.1:10809\"\n")), "127.0.0.1:10809 is already used");
  EXPECT_TRUE(read("listen = \"192.0.2.1:3260\"\n", "", "insecure = true\n"));
}

TEST_F(iscsi_configuration, AnAddressThatNobodyCanConnectToNeedsPortals) {
  const std::string any = "listen = \"0.0.0.0:3260\"\n";
  expect_says(error(read(any, "", "insecure = true\n")), "list in `portals`");
  EXPECT_TRUE(read(any + "portals = \"192.0.2.1:3260\"\n", "", "insecure = true\n"));
}

TEST_F(iscsi_configuration, UnknownKeysAndDigestsAreRefused) {
  expect_says(error(read("listne = \"127.0.0.1:3260\"\n")), "did you mean `listen`?");
  expect_says(error(read(std::string(plain) + "digests = [\"sha512\"]\n")),
              "`sha512` is not one of sha256, sha1, md5");
  expect_says(error(read(std::string(plain) + "digests = []\n")), "lists none");
  expect_says(error(read(plain, "iscsi = { blocksize = 512 }\n")), "did you mean `block_size`?");
}

TEST_F(iscsi_configuration, SecretsComeFromFilesAndVolumesMayHaveTheirOwn) {
  const auto iscsi = plain + ("user = \"alice\"\nsecret_file = " + secret("a", "twelve bytes\n")) +
                     "mutual_user = \"cairn\"\nmutual_secret_file = " + secret("m") +
                     "discovery_user = \"finder\"\ndiscovery_secret_file = " + secret("d");
  auto config = read(iscsi);
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(volume(config).accounts.initiator->user, "alice");
  EXPECT_EQ(volume(config).accounts.initiator->secret, "twelve bytes");
  EXPECT_EQ(volume(config).accounts.mutual->secret, "a secret of 20 bytes");
  EXPECT_EQ(config->iscsi->discovery->user, "finder");
  config = read(iscsi, "[member.volume.iscsi]\nuser = \"bob\"\nsecret_file = " +
                           secret("b", "bob's own secret"));
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(volume(config).accounts.initiator->user, "bob");
  EXPECT_EQ(volume(config).accounts.initiator->secret, "bob's own secret");
  EXPECT_EQ(volume(config).accounts.mutual->user, "cairn");
}

TEST_F(iscsi_configuration, AccountsThatCannotWorkAreRefused) {
  expect_says(error(read(plain, "iscsi = { user = \"bob\" }\n")), "belong together");
  expect_says(error(read(plain, "iscsi = { user = \"\", secret_file = " +
                                    ("\"" + put("s", "a secret of 20 bytes") + "\" }\n"))),
              "`user` must have 1 to 255 bytes");
  expect_says(error(read(plain + ("mutual_user = \"c\"\nmutual_secret_file = " + secret("m")))),
              "a `mutual_user` needs a `user`");
  expect_says(error(read(plain + ("user = \"a\"\nsecret_file = " + secret("a")) +
                         "mutual_user = \"c\"\nmutual_secret_file = " + secret("m"))),
              "both directions have the same secret");
}

TEST_F(iscsi_configuration, AnErrorInASecretFileNamesTheLineAndNotTheSecret) {
  const auto path = put("open", "a secret of 20 bytes", 0640);
  const auto text = error(read(plain + ("user = \"a\"\nsecret_file = \"" + path + "\"\n")));
  expect_says(text, "gateway.toml:11:15: `" + path + "` holds a secret, but its group or others");
  EXPECT_EQ(text.find("20 bytes"), std::string::npos);
  EXPECT_EQ(std::ranges::count(text, '\n'), 0);
}

TEST_F(iscsi_configuration, InitiatorsAreKeptInLowerCaseAndAVolumesStandInstead) {
  const auto all = std::string(plain) + "initiators = [\"IQN.1993-08.org.debian:01:ABC\"]\n";
  auto config = read(all);
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(volume(config).initiators, (std::vector<std::string>{"iqn.1993-08.org.debian:01:abc"}));
  config = read(all, "iscsi = { initiators = \"eui.02004567a425678d\" }\n");
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(volume(config).initiators, (std::vector<std::string>{"eui.02004567a425678d"}));
  expect_says(error(read(plain, "iscsi = { initiators = [\"bob\"] }\n")), "`bob` is no iSCSI name");
  expect_says(error(read(plain, "iscsi = { initiators = [] }\n")), "lets nobody in");
}

TEST_F(iscsi_configuration, ATargetHasANameThatEveryInitiatorTakes) {
  expect_says(error(read(plain, "", "", "DB_1")),
              "the target name `iqn.2026-11.io.cairn:lab.DB_1` has other characters");
  const auto config = read(plain, "iscsi = { name = \"iqn.2026-11.io.cairn:db\" }\n", "", "DB_1");
  ASSERT_TRUE(config) << config.error().text;
  EXPECT_EQ(volume(config).target, "iqn.2026-11.io.cairn:db");
  expect_says(error(read(plain, "iscsi = { name = \"db\" }\n")), "the target name `db`");
  const auto text = error(read(std::string(plain) + "target_prefix = \"Disks\"\n"));
  expect_says(text, "`Disks` must be as in");
  EXPECT_EQ(std::ranges::count(text, '\n'), 0);
}

TEST_F(iscsi_configuration, TwoVolumesWithOneTargetNameAreRefused) {
  const auto second =
      "[[member.volume]]\nname = \"v2\"\npath = \"/nowhere/v2\"\nsize = \"1MiB\"\n"
      "iscsi = { name = \"iqn.2026-11.io.cairn:lab.m1-v1\" }\n";
  expect_says(error(read(plain, second)),
              "the target name `iqn.2026-11.io.cairn:lab.m1-v1` is already used at");
}

TEST_F(iscsi_configuration, ABlockSizeFitsTheVolume) {
  expect_says(error(read(plain, "iscsi = { block_size = 1024 }\n")), "must be 512 or 4096");
  expect_says(error(read(plain, "iscsi = { block_size = \"512\" }\n")), "must be a number");
  expect_says(error(read(plain, "iscsi = { block_size = 4096 }\n")), "not a multiple of 4096");
  EXPECT_TRUE(read(plain, "iscsi = { block_size = 512 }\n"));
}

TEST_F(iscsi_configuration, ASecretFileIsReadWithoutItsNewline) {
  EXPECT_EQ(*read_secret_file(put("s", "exactly 12 b\n")), "exactly 12 b");
  EXPECT_EQ(*read_secret_file(put("s", std::string(255, 'x') + "\n")), std::string(255, 'x'));
  EXPECT_EQ(*read_secret_file(put("s", "two newlines\n\n")), "two newlines\n");
}

TEST_F(iscsi_configuration, ASecretFileThatIsNotFitIsRefused) {
  EXPECT_FALSE(read_secret_file(put("s", "eleven byte\n")));
  EXPECT_FALSE(read_secret_file(put("s", std::string(256, 'x'))));
  EXPECT_FALSE(read_secret_file(put("s", std::string(256, 'x') + "\n")));
  EXPECT_FALSE(read_secret_file(put("s", "")));
  EXPECT_FALSE(read_secret_file(directory_));
  expect_says(read_secret_file(directory_ / "absent").error().text, "No such file");
  for (const mode_t mode : {0640, 0620, 0604, 0602}) {
    EXPECT_EQ(read_secret_file(put("s", "a secret of 20 bytes", mode)).error().code, EACCES);
  }
  EXPECT_TRUE(read_secret_file(put("s", "a secret of 20 bytes", 0400)));
}

TEST_F(iscsi_configuration, APipeInPlaceOfASecretIsRefusedWithoutWaiting) {
  const auto pipe = (directory_ / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  expect_says(read_secret_file(pipe).error().text, "is no regular file");
}

}  // namespace
}  // namespace cairn
