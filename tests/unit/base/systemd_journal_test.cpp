#include "base/systemd_journal.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

namespace cairn {
namespace {

using texts = std::vector<std::string>;

TEST(systemd_journal, ALineHasItsFields) {
  EXPECT_EQ(journal_fields("cairn-gateway", log_level::error, "it broke", log_event::volume_failed,
                           {"app", "m1", "v1"}),
            (texts{"MESSAGE=it broke", "PRIORITY=3", "SYSLOG_IDENTIFIER=cairn-gateway",
                   std::string("MESSAGE_ID=") + id_of(log_event::volume_failed), "CAIRN_GROUP=app",
                   "CAIRN_MEMBER=m1", "CAIRN_VOLUME=v1"}));
}

TEST(systemd_journal, WhatDoesNotApplyIsLeftOut) {
  EXPECT_EQ(journal_fields("cairn", log_level::notice, "so", log_event::none, {}),
            (texts{"MESSAGE=so", "PRIORITY=5", "SYSLOG_IDENTIFIER=cairn"}));
}

TEST(systemd_journal, StderrIsNoJournalWhereAnotherFileIsNamed) {
  setenv("JOURNAL_STREAM", "1:1", 1);
  EXPECT_FALSE(stderr_is_journal());
  unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(stderr_is_journal());
}

TEST(systemd_journal, AValueOfSeveralLinesGoesWithItsLength) {
  EXPECT_EQ(journal_datagram({"MESSAGE=one = 1", "PRIORITY=5"}), "MESSAGE=one = 1\nPRIORITY=5\n");
  EXPECT_EQ(journal_datagram({"MESSAGE=a\nb", "PRIORITY=5"}),
            std::string("MESSAGE\n\3\0\0\0\0\0\0\0a\nb\nPRIORITY=5\n", 31));
}

// A journal at a path of our own, that reads only when it is told to.
class played_journal : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/cairn-journal-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    path_ = directory_ + "/socket";
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::strncpy(at.sun_path, path_.c_str(), sizeof at.sun_path - 1);
    ASSERT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  }
  void TearDown() override {
    ::close(socket_);
    std::filesystem::remove_all(directory_);
  }
  std::size_t read_all() {
    std::size_t n = 0;
    while (!read().empty()) ++n;
    return n;
  }
  std::string read() {
    char buffer[4096];
    const auto n = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
    return std::string(buffer, n < 0 ? 0 : static_cast<std::size_t>(n));
  }

  std::string directory_, path_;
  int socket_ = -1;
};

// journald stopped, or itself waiting for a disk. The library's call would never return here.
TEST_F(played_journal, NobodyWaitsForOneThatDoesNotReadAndTheLossIsToldLater) {
  constexpr std::size_t sent = 100'000;  // more than any system's queue of datagrams
  journal_socket to(path_);
  for (std::size_t i = 0; i < sent; ++i) ASSERT_TRUE(to.send({"MESSAGE=so", "PRIORITY=5"}));
  const auto taken = read_all();
  ASSERT_GT(taken, 0U);
  ASSERT_LT(taken, sent);
  ASSERT_TRUE(to.send({"MESSAGE=again", "PRIORITY=5"}));
  EXPECT_EQ(read(), "MESSAGE=again (" + std::to_string(sent - taken) +
                        " lines before this one were lost: the journal did not take what it was "
                        "sent)\nPRIORITY=5\n");
  ASSERT_TRUE(to.send({"MESSAGE=told once", "PRIORITY=5"}));
  EXPECT_EQ(read(), "MESSAGE=told once\nPRIORITY=5\n");
}

TEST_F(played_journal, WhereThereIsNoneTheCallerIsTold) {
  EXPECT_FALSE(journal_socket(directory_ + "/nothing").send({"MESSAGE=so"}));
  EXPECT_FALSE(journal_socket(std::string(200, 'x')).send({"MESSAGE=so"}));
}

TEST(log_events, EachHasAnIdOfItsOwn) {
  std::set<std::string> ids;
  for (const auto& each : log_event_ids) {
    EXPECT_TRUE(std::regex_match(each.id, std::regex("[0-9a-f]{32}"))) << each.name;
    EXPECT_TRUE(ids.insert(each.id).second) << each.name;
  }
}

// What `journalctl -x` shows.
TEST(log_events, TheCatalogSaysOfEachWhatToDo) {
  std::ifstream in(CAIRN_SOURCE_DIR "/packaging/systemd/cairn.catalog");
  std::map<std::string, std::string> entries;
  std::string* body = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("-- "))
      body = &entries[line.substr(3)];
    else if (body)
      *body += line + "\n";
  }
  for (const auto& each : log_event_ids) {
    ASSERT_TRUE(entries.contains(each.id)) << each.name;
    const auto& text = entries[each.id];
    EXPECT_TRUE(text.starts_with("Subject: ")) << each.name;
    EXPECT_NE(text.find("\n\n"), std::string::npos) << each.name << ": no text";
  }
  EXPECT_EQ(entries.size(), log_event_ids.size()) << "an entry of an event that does not exist";
}

}  // namespace
}  // namespace cairn
