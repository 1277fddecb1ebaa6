#include "gateway/hosts_of_volume.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

using texts = std::vector<std::string>;

volume_config a_volume() {
  volume_config v{"m1-v1", "/var/m1-v1.img", 1U << 20};
  v.iscsi = iscsi_volume_config{};
  v.iscsi->target = "iqn.2026-11.io.cairn:lab.m1-v1";
  return v;
}

gateway_config a_gateway() {
  gateway_config c;
  c.nbd_socket = "/run/cairn/a.sock";
  c.nbd = endpoint{"127.0.0.1", 10809};
  c.iscsi = iscsi_config{};
  c.iscsi->listen = {{"10.0.0.1", 3260}};
  c.iscsi->portals = {{"192.0.2.7", 3260}, {"2001:db8::7", 3261}};
  return c;
}

TEST(ExportUris, TellTheSocketTheAddressAndEveryPortalThatInitiatorsAreTold) {
  EXPECT_EQ(export_uris(a_gateway(), a_volume()),
            (texts{"nbd+unix:///m1-v1?socket=/run/cairn/a.sock", "nbd://127.0.0.1:10809/m1-v1",
                   "iscsi://192.0.2.7:3260/iqn.2026-11.io.cairn:lab.m1-v1/0",
                   "iscsi://[2001:db8::7]:3261/iqn.2026-11.io.cairn:lab.m1-v1/0"}));
}

TEST(ExportUris, LeaveOutWhatIsNotConfigured) {
  auto c = a_gateway();
  c.nbd_socket.reset();
  c.iscsi.reset();
  EXPECT_EQ(export_uris(c, a_volume()), texts{"nbd://127.0.0.1:10809/m1-v1"});
}

TEST(ExportUris, EncodeWhatWouldEndTheQueryOfASocketsPath) {
  auto c = a_gateway();
  c.nbd_socket = "/run/a b&c#d%.sock";
  EXPECT_EQ(export_uris(c, a_volume()).front(),
            "nbd+unix:///m1-v1?socket=/run/a%20b%26c%23d%25.sock");
}

TEST(HostsOfVolume, OnlyTheSessionsOfThisVolumeAreAdded) {
  volume_status to;
  add_hosts_of(a_gateway(), a_volume(),
               {{"m1-v1", {"iqn.x:a", "10.0.0.2:1", 3}},
                {"m1-v2", {"iqn.x:a", "10.0.0.2:2", 0}},
                {"", {"iqn.x:b", "10.0.0.3:3", 0}}},
               to);
  EXPECT_EQ(to.sessions, (std::vector<host_session>{{"iqn.x:a", "10.0.0.2:1", 3}}));
  EXPECT_EQ(to.exports, export_uris(a_gateway(), a_volume()));
}

TEST(HostsOfVolume, TellThatChapIsWantedAndNeverASecret) {
  auto volume = a_volume();
  const auto chap = [&] {
    volume_status to;
    add_hosts_of(a_gateway(), volume, {}, to);
    return to.chap;
  };
  EXPECT_EQ(chap(), "");
  volume.iscsi->accounts.initiator = chap_config{"host-a", "a-long-secret"};
  EXPECT_EQ(chap(), "one-way");
  volume.iscsi->accounts.mutual = chap_config{"cairn", "another-secret"};
  EXPECT_EQ(chap(), "mutual");
}

}  // namespace
}  // namespace cairn
