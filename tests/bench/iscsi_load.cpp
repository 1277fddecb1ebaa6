// Load over iSCSI, since fio has no engine for it: libiscsi as the initiator, one session, so many
// commands under way. Understands the few words of fio that the benchmarks use, and reports in the
// shape of fio's JSON.
//
//   iscsi_load --uri=iscsi://… --rw=randwrite|randread|write|read --bs=4k --iodepth=32 --size=BYTES
//              [--blockalign=512] [--runtime=S --time_based=1] [--io_size=BYTES] [--end_fsync=1]
//              [--randseed=N]
//              [--output=FILE]
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
constexpr int block_bytes = 512;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "iscsi_load: %s\n", why.c_str());
  std::exit(1);
}

std::uint64_t bytes_of(const std::string& text) {
  char* end = nullptr;
  const auto n = std::strtoull(text.c_str(), &end, 10);
  switch (*end) {
    case 'k':
      return n << 10;
    case 'm':
      return n << 20;
    case 'g':
      return n << 30;
    default:
      return n;
  }
}

struct wish {
  std::map<std::string, std::string> words;

  wish(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      const auto equals = word.find('=');
      if (word.rfind("--", 0) != 0) give_up("what is " + word + "?");
      words[word.substr(2, equals - 2)] =
          equals == std::string::npos ? "1" : word.substr(equals + 1);
    }
  }
  std::string text(const std::string& key, const std::string& otherwise) const {
    const auto found = words.find(key);
    return found == words.end() ? otherwise : found->second;
  }
  std::uint64_t number(const std::string& key, const std::string& otherwise) const {
    return bytes_of(text(key, otherwise));
  }
};

class load {
 public:
  explicit load(const wish& w)
      : reads_(w.text("rw", "read").find("read") != std::string::npos),
        random_(w.text("rw", "read").rfind("rand", 0) == 0),
        bytes_(w.number("bs", "4k")),
        size_(w.number("size", "0")),
        io_size_(w.number("io_size", "0")),
        depth_(w.number("iodepth", "1")),
        runtime_(w.number("time_based", "0") != 0 ? w.number("runtime", "0") : 0),
        align_(w.number("blockalign", w.text("bs", "4k"))),
        end_fsync_(w.number("end_fsync", "0") != 0),
        numbers_(w.number("randseed", "1")) {
    if (io_size_ == 0) io_size_ = size_;
    connect(w.text("uri", ""));
  }

  nlohmann::json run() {
    std::vector<std::unique_ptr<request>> all;
    began_ = clock_type::now();
    for (std::uint64_t i = 0; i < depth_; ++i) {
      all.push_back(
          std::make_unique<request>(request{this, std::vector<unsigned char>(bytes_), {}, {}}));
      for (auto& b : all.back()->data) b = static_cast<unsigned char>(numbers_());
      issue(*all.back());
    }
    while (under_way_ > 0) serve();
    if (end_fsync_ && !reads_) flush();
    const auto ms = std::chrono::duration<double, std::milli>(clock_type::now() - began_).count();
    iscsi_logout_sync(iscsi_);
    iscsi_destroy_context(iscsi_);
    return report(ms);
  }

 private:
  struct request {
    load* of;
    std::vector<unsigned char> data;
    scsi_iovec into;
    clock_type::time_point began;
  };

  void connect(const std::string& uri) {
    iscsi_ = iscsi_create_context("iqn.2026-11.io.cairn:load");
    auto* url = iscsi_parse_full_url(iscsi_, uri.c_str());
    if (url == nullptr) give_up(iscsi_get_error(iscsi_));
    iscsi_set_targetname(iscsi_, url->target);
    iscsi_set_session_type(iscsi_, ISCSI_SESSION_NORMAL);
    iscsi_set_header_digest(iscsi_, ISCSI_HEADER_DIGEST_NONE);
    lun_ = url->lun;
    if (iscsi_full_connect_sync(iscsi_, url->portal, lun_) != 0) give_up(iscsi_get_error(iscsi_));
    iscsi_destroy_url(url);
  }

  bool more() const {
    if (runtime_ == 0) return issued_bytes_ < io_size_;
    return clock_type::now() - began_ < std::chrono::seconds(runtime_);
  }

  std::uint64_t next_offset() {
    if (random_) return numbers_() % ((size_ - bytes_) / align_ + 1) * align_;
    return next_++ % (size_ / bytes_) * bytes_;
  }

  void issue(request& r) {
    if (!more()) return;
    const auto lba = next_offset() / block_bytes;
    const auto n = static_cast<std::uint32_t>(bytes_);
    r.began = clock_type::now();
    scsi_task* task = nullptr;
    if (reads_) {
      r.into = {r.data.data(), r.data.size()};  // libiscsi keeps the pointer
      task = iscsi_read16_iov_task(iscsi_, lun_, lba, n, block_bytes, 0, 0, 0, 0, 0, ended, &r,
                                   &r.into, 1);
    } else {
      task = iscsi_write16_task(iscsi_, lun_, lba, r.data.data(), n, block_bytes, 0, 0, 0, 0, 0,
                                ended, &r);
    }
    if (task == nullptr) give_up(iscsi_get_error(iscsi_));
    issued_bytes_ += bytes_;
    ++under_way_;
  }

  static void ended(iscsi_context* iscsi, int status, void* command, void* of) {
    auto& r = *static_cast<request*>(of);
    scsi_free_scsi_task(static_cast<scsi_task*>(command));
    if (status != SCSI_STATUS_GOOD)
      give_up("status " + std::to_string(status) + ": " + iscsi_get_error(iscsi));
    r.of->took(clock_type::now() - r.began);
    --r.of->under_way_;
    r.of->issue(r);
  }

  void took(clock_type::duration d) {
    ++ios_;
    latencies_ns_.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(d).count());
  }

  void serve() {
    pollfd p{iscsi_get_fd(iscsi_), static_cast<short>(iscsi_which_events(iscsi_)), 0};
    if (poll(&p, 1, 10'000) <= 0) give_up("no answer for 10 s");
    if (iscsi_service(iscsi_, p.revents) != 0) give_up(iscsi_get_error(iscsi_));
  }

  void flush() {
    auto* task = iscsi_synchronizecache10_sync(iscsi_, lun_, 0, 0, 0, 0);
    if (task == nullptr || task->status != SCSI_STATUS_GOOD) give_up(iscsi_get_error(iscsi_));
    scsi_free_scsi_task(task);
  }

  nlohmann::json report(double ms) {
    std::sort(latencies_ns_.begin(), latencies_ns_.end());
    const auto at = [&](double part) {
      if (latencies_ns_.empty()) return std::int64_t{0};
      const auto i = static_cast<std::size_t>(part * static_cast<double>(latencies_ns_.size()));
      return latencies_ns_[std::min(i, latencies_ns_.size() - 1)];
    };
    const nlohmann::json none{{"total_ios", 0}, {"io_bytes", 0}, {"runtime", 0}};
    const nlohmann::json side{
        {"total_ios", ios_},
        {"io_bytes", ios_ * bytes_},
        {"runtime", ms},
        {"clat_ns",
         {{"max", at(1)}, {"percentile", {{"50.000000", at(0.5)}, {"99.000000", at(0.99)}}}}}};
    return {{"jobs", {{{"read", reads_ ? side : none}, {"write", reads_ ? none : side}}}}};
  }

  const bool reads_, random_;
  const std::uint64_t bytes_, size_;
  std::uint64_t io_size_;
  const std::uint64_t depth_, runtime_, align_;
  const bool end_fsync_;
  std::mt19937_64 numbers_;
  iscsi_context* iscsi_ = nullptr;
  int lun_ = 0;
  clock_type::time_point began_;
  std::uint64_t next_ = 0, issued_bytes_ = 0, under_way_ = 0, ios_ = 0;
  std::vector<std::int64_t> latencies_ns_;
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a target that went is told as an error
  const wish w(argc, argv);
  const auto report = load(w).run().dump(1);
  const auto file = w.text("output", "");
  if (file.empty())
    std::puts(report.c_str());
  else
    std::ofstream(file) << report;
}
