// `config show`: the effective values, each with the place that it comes from.
#include "config/settings.h"

#include "tests/unit/config/configuration_fixture.h"

namespace cairn {
namespace {

class shown_settings : public configuration_directory {
 protected:
  std::string shown(const std::string& file) {
    const auto tables = read_settings(file);
    return tables ? settings_text(*tables) : tables.error().text;
  }
  // The line of `key` behind the `nth` heading of that name.
  std::string line(const std::string& text, const std::string& heading, const std::string& key) {
    auto at = text.find(heading + "\n");
    at = at == std::string::npos ? at : text.find("\n" + key, at);
    return at == std::string::npos ? "" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  }
};

const std::string gateway = R"([gateway]
name = "g"
state = "/nowhere"
[nbd]
listen = "127.0.0.1:10809"
[control]
listen = "127.0.0.1:7331"
[iscsi]
listen = "127.0.0.1:3260"
initiators = "iqn.1993-08.org.debian:01:a"
[[member]]
group = "lab"
name = "m1"
role = "primary"
journal = { directory = "/nowhere/journal" }
[[member.volume]]
name = "v"
path = "/nowhere/v"
size = "1GiB"
)";

TEST_F(shown_settings, TellThePlaceOfWhatIsGivenAndTheDefaultOfTheRest) {
  const auto text = shown(put("gateway.toml", gateway));
  expect_says(line(text, "[gateway]", "name"), "gateway.toml:2:8");
  expect_says(line(text, "[gateway]", "log"), "log = \"notice\"");
  expect_says(line(text, "[gateway]", "log"), "# default");
  expect_says(line(text, "[member.journal]", "size"), "\"16GiB\"");
  expect_says(text, "# peer: the member is not replicated");
}

TEST_F(shown_settings, TellWhatIsTakenFromElsewhere) {
  const auto text = shown(put("gateway.toml", gateway));
  expect_says(line(text, "[iscsi]", "portals"), "[\"127.0.0.1:3260\"]");
  expect_says(line(text, "[member.volume.iscsi]", "initiators"), "gateway.toml:10:14");
  expect_says(line(text, "[member.volume.iscsi]", "name"), "iqn.2026-11.io.cairn:lab.v");
}

TEST_F(shown_settings, OfSnippetsNameTheSnippet) {
  const auto file = put("gateway.toml", gateway);
  put("conf.d/log.toml", "[gateway]\nlog = \"debug\"\n");
  expect_says(line(shown(file), "[gateway]", "log"), "conf.d/log.toml:2:7");
}

TEST_F(shown_settings, AreAConfigurationThatMeansTheSame) {
  const auto once = shown(put("gateway.toml", gateway));
  const auto again = put("again.toml", once);
  EXPECT_TRUE(check_config(again)) << check_config(again).error().text;
  EXPECT_EQ(read_settings(again)->size(), read_settings(directory_ / "gateway.toml")->size());
}

TEST_F(shown_settings, OfAFileThatCantBeReadAreTheReason) {
  expect_says(shown(directory_ / "none.toml"), "cannot be read: No such file or directory");
  expect_says(shown(directory_), "cannot be read: Is a directory");
  expect_says(shown(put("empty.toml", "")), "empty.toml: the file is empty");
}

TEST_F(shown_settings, OfABadFileAreItsErrors) {
  expect_says(shown(put("gateway.toml", "[gateway]\nsate = \"/x\"\n")), "did you mean `state`?");
  expect_says(shown(put("empty.toml", "# nothing\n")),
              "either a [gateway] or a [coordinator]; this file has neither");
}

}  // namespace
}  // namespace cairn
