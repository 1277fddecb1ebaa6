#include "base/systemd_journal.h"

#include <gtest/gtest.h>

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
