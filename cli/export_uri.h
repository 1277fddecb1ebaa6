// The URIs under which a gateway says that hosts reach a volume, taken apart for programs that want
// the parts, and words made safe for a shell: both come from a gateway and are not trusted.
#pragma once
#include <optional>
#include <string>

namespace cairn {

struct export_uri {
  enum class kind { nbd_socket, nbd, iscsi };
  kind is = kind::nbd;
  std::string text;    // the whole
  std::string host;    // nbd, iscsi; IPv6 with its brackets
  std::string port;    // nbd, iscsi; digits
  std::string socket;  // nbd_socket: the path
  std::string name;    // nbd: the export; iscsi: the target

  std::string address() const { return host + ":" + port; }
  std::string bare_host() const {
    return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
  }
  bool any_host() const { return host == "0.0.0.0" || host == "[::]"; }
};

// nbd+unix:///NAME?socket=PATH, nbd://HOST:PORT/NAME, iscsi://HOST:PORT/TARGET/0; nullopt: none.
std::optional<export_uri> read_export_uri(const std::string& text);

// One word for a POSIX shell, quoted where it must be.
std::string shell_word(const std::string& text);

}  // namespace cairn
