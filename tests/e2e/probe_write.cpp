#include "tests/e2e/probe_write.h"

#include <memory>
#include <stdexcept>
#include <thread>

#include "tests/e2e/block_connection.h"

namespace cairn::probe {
namespace {

// A volume as one chain sees it: one connection writes, the other one looks.
struct chain_volume {
  explicit chain_volume(const std::string& uri) : writer(connect(uri)), reader(connect(uri)) {}
  std::unique_ptr<block_connection> writer;
  std::unique_ptr<block_connection> reader;
  block pending;  // belongs to the writer's write under way
};

class chain {
 public:
  chain(const plan& p, std::uint32_t number, const std::vector<std::string>& uris)
      : plan_(p), number_(number) {
    for (const std::string& uri : uris) volumes_.push_back(std::make_unique<chain_volume>(uri));
  }

  void run(const std::atomic<bool>& ended, chain_log& log) {
    try {
      for (std::uint64_t k = 1; !ended; ++k) {
        log.push_back({now_ns(), 0});
        do_step({number_, k});
        log.back().done_ns = now_ns();
      }
      for (const auto& v : volumes_) v->writer->finish();
    } catch (const connection_error&) {
      // The server is gone: the last step stays without a time.
    }
  }

 private:
  void do_step(step s) {
    chain_volume& v = *volumes_[volume_of(plan_, s)];
    v.writer->finish();
    v.pending = content_of(plan_, s);
    v.writer->begin_write(v.pending, offset_of(plan_, s));
    if (seen_by_read(plan_, s))
      look_until_there(v, s);
    else
      v.writer->finish();
  }

  // Done when the reader finds it. The acknowledgement may come later; the next step doesn't wait.
  void look_until_there(chain_volume& v, step s) {
    block seen;
    do {
      if (v.writer->finished()) return;
      v.reader->read(seen, offset_of(plan_, s));
    } while (seen != v.pending);
  }

  const plan& plan_;
  const std::uint32_t number_;
  std::vector<std::unique_ptr<chain_volume>> volumes_;
};

void check_sizes(const plan& p, const std::vector<std::string>& uris) {
  for (const std::string& uri : uris)
    if (connect(uri)->size_bytes() < p.volume_bytes())
      throw std::runtime_error(uri + " is smaller than " + std::to_string(p.volume_bytes()) +
                               " bytes");
}

}  // namespace

probe_log run_chains(const plan& p, const std::vector<std::string>& uris,
                     const std::atomic<bool>& ended) {
  check_sizes(p, uris);
  probe_log log{p, std::vector<chain_log>(p.chains)};
  std::vector<std::unique_ptr<chain>> chains;
  for (std::uint32_t c = 0; c < p.chains; ++c)
    chains.push_back(std::make_unique<chain>(p, c, uris));
  std::vector<std::jthread> threads;
  for (std::uint32_t c = 0; c < p.chains; ++c)
    threads.emplace_back([&, c] { chains[c]->run(ended, log.chains[c]); });
  threads.clear();  // joins
  return log;
}

}  // namespace cairn::probe
