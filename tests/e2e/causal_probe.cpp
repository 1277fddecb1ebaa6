// The causal probe: writes chains of dependent steps over volumes of several gateways, and judges
// what a takeover or a restart left of them (probe_plan.h says how).
//
//   causal_probe write --log FILE --seed N --chains N --slots N URI…      until SIGTERM
//   causal_probe check --log FILE [--nothing-lost] URI…     exit 1: violations
//
// It writes over NBD or iSCSI, as each URI says; images are read over NBD.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/e2e/probe_check.h"
#include "tests/e2e/probe_write.h"

namespace {

using namespace cairn::probe;

std::atomic<bool> told_to_end{false};

struct arguments {
  std::map<std::string, std::string> options{
      {"log", ""}, {"seed", "1"}, {"chains", "4"}, {"slots", "1024"}};
  bool nothing_lost = false;
  std::vector<std::string> uris;
};

arguments parse(int argc, char** argv) {
  arguments out;
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--nothing-lost") {
      out.nothing_lost = true;
    } else if (word.starts_with("--")) {
      if (!out.options.contains(word.substr(2)) || i + 1 == argc)
        throw std::runtime_error("unknown option or no value: " + word);
      out.options[word.substr(2)] = argv[++i];
    } else {
      out.uris.push_back(word);
    }
  }
  if (out.uris.empty() || out.options["log"].empty())
    throw std::runtime_error("a log and at least one URI are needed");
  return out;
}

int write_command(arguments a) {
  const plan p{std::stoull(a.options["seed"]), std::uint32_t(a.uris.size()),
               std::uint32_t(std::stoul(a.options["chains"])),
               std::uint32_t(std::stoul(a.options["slots"]))};
  const probe_log log = run_chains(p, a.uris, told_to_end);
  save(log, a.options["log"]);
  std::size_t steps = 0;
  for (const chain_log& c : log.chains) steps += c.size();
  std::printf("{\"steps\":%zu}\n", steps);
  return 0;
}

int check_command(arguments a) {
  const probe_log log = load(a.options["log"]);
  if (a.uris.size() != log.of.volumes) throw std::runtime_error("one URI for each volume");
  const verdict v = check_images(log, a.uris, a.nothing_lost);
  std::printf("%s\n", to_json(v).c_str());
  return v.violations.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGTERM, [](int) { told_to_end = true; });
  // libiscsi may write to a gateway that has just been killed; that is an error as any other.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    if (argc > 1 && std::strcmp(argv[1], "write") == 0) return write_command(parse(argc, argv));
    if (argc > 1 && std::strcmp(argv[1], "check") == 0) return check_command(parse(argc, argv));
    throw std::runtime_error("write or check?");
  } catch (const std::exception& e) {
    std::fprintf(stderr, "causal_probe: %s\n", e.what());
    return 2;
  }
}
