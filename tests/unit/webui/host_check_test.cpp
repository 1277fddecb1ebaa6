#include "webui/host_check.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(host_is_ours, ForLoopbackNamesAddressesAndTheConfiguredHost) {
  for (const char* host : {"localhost", "LOCALHOST:7380", "127.0.0.1:1", "[::1]:7380", "[::1]",
                           "10.1.2.3:80", "cairn.example:7380"}) {
    EXPECT_TRUE(host_is_ours(host, "cairn.example")) << host;
  }
}

TEST(host_is_ours, NotForOtherNamesNorForWhatIsMalformed) {
  for (const char* host :
       {"", ":80", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::1",
        "[::1]x", "localhost:80x", "localhost:123456", "a@localhost", "local host", "127.1"}) {
    EXPECT_FALSE(host_is_ours(host, "cairn.example")) << host;
  }
}

}  // namespace
}  // namespace cairn
