// Reads the source tree: includes go one way (DESIGN.md, section 9), the pure core stays pure, and
// nothing's order depends on the wall clock (I12).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using words = std::set<std::string>;

constexpr std::size_t file_lines_max = 400;

// What each room, and each wing of one, may include beside itself: the table of
// docs/ARCHITECTURE.md. A folder that is not named there belongs to the room around it.
std::map<std::string, words> rules_of_the_house() {
  static const std::regex name("`([a-z/]+)`");
  std::map<std::string, words> rules;
  std::ifstream page(fs::path(CAIRN_SOURCE_DIR) / "docs/ARCHITECTURE.md");
  bool in_table = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| room |")) in_table = true;
    if (line.empty()) in_table = false;
    if (!in_table || !line.starts_with("| `")) continue;
    const auto includes = line.rfind('|', line.size() - 2);
    std::smatch room;
    std::regex_search(line, room, name);
    auto& may = rules[room[1]];
    for (std::sregex_iterator at(line.begin() + static_cast<std::ptrdiff_t>(includes), line.end(),
                                 name);
         at != std::sregex_iterator(); ++at)
      may.insert((*at)[1]);
  }
  return rules;
}
const std::map<std::string, words> may_include = rules_of_the_house();

// Single files that may include more than their room: the seams where parts are wired.
const std::map<std::string, words> also_may_include{
    {"coordinator/main.cpp", {"webui"}},
    {"gateway/nbd/plugin.cpp", {"gateway/iscsi"}},
};
const words open_to_webui{"coordinator/view.h"};

// Where the wall clock is read for people to see, and decides nothing.
const words may_read_wall_clock{
    "base/log.cpp",
    "cli/doctor/clock.cpp",         // whether it can be believed
    "coordinator/state_store.cpp",  // when a marker was made
    "journal/catalog.cpp",          // when a record arrived
    "webui/routes.cpp",
};

struct source_line {
  std::string file;  // relative to the tree's root
  std::size_t number;
  std::string text;
  std::string place() const { return file + ":" + std::to_string(number) + ": " + text; }
};

// "gateway/link" of "gateway/link/sender_link.h"; empty: of no room of ours.
std::string room_of(std::string path) {
  do {
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  } while (!path.empty() && !may_include.contains(path));
  return path;
}

std::string without_comment(const std::string& text) { return text.substr(0, text.find("//")); }

std::vector<source_line> read_file(const fs::path& path) {
  std::vector<source_line> lines;
  std::ifstream in(path);
  const auto file = fs::relative(path, CAIRN_SOURCE_DIR).string();
  for (std::string text; std::getline(in, text);) lines.push_back({file, lines.size() + 1, text});
  return lines;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".h" || path.extension() == ".cpp";
}

// Every line of C++ below these folders.
std::vector<source_line> source_of(const std::vector<std::string>& folders) {
  std::vector<source_line> all;
  for (const auto& folder : folders) {
    const auto root = fs::path(CAIRN_SOURCE_DIR) / folder;
    if (!fs::exists(root)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.is_regular_file() && is_source(entry.path())) {
        std::ranges::move(read_file(entry.path()), std::back_inserter(all));
      }
    }
  }
  return all;
}

std::vector<std::string> product_folders() {
  std::vector<std::string> names;
  for (const auto& [name, unused] : may_include)
    if (name.find('/') == std::string::npos) names.push_back(name);
  return names;
}

bool include_allowed(const std::string& file, const std::string& included) {
  const auto from = room_of(file);
  const auto to = room_of(included);
  if (from == to || may_include.at(from).contains(to)) return true;
  if (from == "webui" && open_to_webui.contains(included)) return true;
  const auto more = also_may_include.find(file);
  return more != also_may_include.end() && more->second.contains(to);
}

// The lines that match, but for comments.
std::vector<std::string> matching(const std::vector<source_line>& lines, const std::regex& what) {
  std::vector<std::string> found;
  for (const auto& line : lines) {
    if (std::regex_search(without_comment(line.text), what)) found.push_back(line.place());
  }
  return found;
}

std::string listed(const std::vector<std::string>& places) {
  std::string text;
  for (const auto& place : places) text += place + "\n";
  return text;
}

TEST(source_tree, IncludesGoOneWay) {
  static const std::regex include(R"re(^\s*#include\s+"([^"]+)")re");
  std::vector<std::string> wrong;
  std::size_t checked = 0;
  for (const auto& line : source_of(product_folders())) {
    std::smatch match;
    if (!std::regex_search(line.text, match, include)) continue;
    const auto included = match[1].str();
    if (room_of(included).empty()) continue;  // made at build time, or a library
    ++checked;
    if (!include_allowed(line.file, included)) wrong.push_back(line.place());
  }
  EXPECT_EQ(may_include.size(), 18u) << "rooms in docs/ARCHITECTURE.md";
  EXPECT_GT(checked, 500u);
  EXPECT_TRUE(wrong.empty()) << listed(wrong);
}

TEST(source_tree, TheCheckOfIncludesSeesAWrongDirection) {
  EXPECT_FALSE(include_allowed("base/log.cpp", "journal/journal.h"));
  EXPECT_FALSE(include_allowed("replication/sender.h", "net/frames.h"));
  EXPECT_FALSE(include_allowed("coordinator/server.cpp", "gateway/member/member.h"));
  EXPECT_FALSE(include_allowed("gateway/volume/volume.cpp", "gateway/member/member.h"));
  EXPECT_FALSE(include_allowed("gateway/member/member_link.cpp", "gateway/link/sender_link.h"));
  EXPECT_FALSE(include_allowed("gateway/link/sender_link.cpp", "gateway/control_server.h"));
  EXPECT_FALSE(include_allowed("gateway/gateway.cpp", "gateway/iscsi/target_server.h"));
  EXPECT_FALSE(include_allowed("gateway/nbd/connection.cpp", "gateway/iscsi/target_server.h"));
  EXPECT_FALSE(include_allowed("iscsi/scsi/unit.cpp", "iscsi/session.h"));
  EXPECT_TRUE(include_allowed("gateway/nbd/plugin.cpp", "gateway/iscsi/target_server.h"));
  EXPECT_FALSE(include_allowed("coordinator/server.cpp", "webui/server.h"));
  EXPECT_FALSE(include_allowed("webui/server.cpp", "coordinator/state.h"));
  EXPECT_TRUE(include_allowed("webui/server.cpp", "coordinator/view.h"));
  EXPECT_TRUE(include_allowed("gateway/member/member.cpp", "journal/journal.h"));
}

const std::string outside =
    R"(asio|boost|sqlite3|nbdkit|thread|condition_variable|future|random|fstream|filesystem|unistd|fcntl)";

TEST(source_tree, ThePureCoreHasNoInputOutputThreadsOrClock) {
  const std::regex impure("#include\\s+<(" + outside + "|mutex|shared_mutex|atomic|sys/)|::now\\(");
  const auto wrong = matching(source_of({"replication"}), impure);
  EXPECT_TRUE(wrong.empty()) << listed(wrong);
}

// A logical unit is shared by the threads of its sessions, and says which bytes go out (iovec).
TEST(source_tree, TheIscsiRoomHasNoInputOutputThreadsOrClock) {
  const std::regex impure("#include\\s+<(" + outside + "|sys/[^u])|::now\\(");
  const auto wrong = matching(source_of({"iscsi"}), impure);
  EXPECT_TRUE(wrong.empty()) << listed(wrong);
}

TEST(source_tree, TheWallClockIsReadForDisplayOnly) {
  static const std::regex wall_clock(
      R"(system_clock|gettimeofday|CLOCK_REALTIME|\btime\((nullptr|NULL|0)\)|utc_clock)");
  std::vector<source_line> lines;
  for (auto& line : source_of(product_folders())) {
    if (!may_read_wall_clock.contains(line.file)) lines.push_back(std::move(line));
  }
  const auto wrong = matching(lines, wall_clock);
  EXPECT_TRUE(wrong.empty()) << listed(wrong);
}

TEST(source_tree, NoFileIsLongerThanAReaderCanHold) {
  auto folders = product_folders();
  folders.push_back("tests");
  std::map<std::string, std::size_t> lines;
  for (const auto& line : source_of(folders)) lines[line.file] = line.number;
  for (const auto& [file, count] : lines) EXPECT_LE(count, file_lines_max) << file;
}

TEST(source_tree, HeadersAreIncludedOnce) {
  std::set<std::string> headers;
  std::set<std::string> guarded;
  for (const auto& line : source_of(product_folders())) {
    if (!line.file.ends_with(".h")) continue;
    headers.insert(line.file);
    if (line.text == "#pragma once") guarded.insert(line.file);
  }
  std::vector<std::string> wrong;
  std::ranges::set_difference(headers, guarded, std::back_inserter(wrong));
  EXPECT_TRUE(wrong.empty()) << listed(wrong);
}

}  // namespace
