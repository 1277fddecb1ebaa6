// Both ends of a test: a device with a store in memory, and libiscsi's view of what it answers.
#pragma once
#include <gtest/gtest.h>
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "base/big_endian.h"
#include "iscsi/scsi/device.h"
#include "iscsi/scsi/sense.h"

namespace cairn::scsi::test {

struct memory_store final : reservation_store {
  bytes image;
  int saves = 0;
  bool broken = false;
  std::function<void()> saving = [] {};  // what happens meanwhile
  result<void> save(byte_view v) override {
    saving();
    if (broken) return fail(EIO, "broken");
    image.assign(v.begin(), v.end());
    ++saves;
    return {};
  }
  result<bytes> load() override { return image; }
};

// A CDB as libiscsi makes it; decodes with libiscsi what is answered.
class request {
 public:
  explicit request(scsi_task* t) : task_(t) {}

  cdb command() const {
    cdb out{};
    std::memcpy(out.data(), task_->cdb, out.size());
    return out;
  }
  // nullptr where libiscsi cannot make sense of it. Lives as long as this.
  template <class T>
  const T* decoded(const answer& a) {
    std::free(task_->datain.data);
    task_->datain.size = static_cast<int>(a.data_in.size());
    task_->datain.data = static_cast<unsigned char*>(std::malloc(a.data_in.size() + 1));
    std::memcpy(task_->datain.data, a.data_in.data(), a.data_in.size());
    return static_cast<const T*>(scsi_datain_unmarshall(task_.get()));
  }

 private:
  struct freeing {
    void operator()(scsi_task* t) const { scsi_free_scsi_task(t); }
  };
  std::unique_ptr<scsi_task, freeing> task_;
};

inline cdb raw(std::initializer_list<int> in) {
  cdb out{};
  std::size_t at = 0;
  for (const int b : in) out[at++] = static_cast<std::byte>(b);
  return out;
}

inline const std::string port_a = "iqn.2026-01.test:a,i,0x000000000001";
inline const std::string port_b = "iqn.2026-01.test:b,i,0x000000000002";

struct bed {
  static constexpr std::uint64_t blocks = 2048;

  memory_store store;
  std::unique_ptr<device> unit;
  nexus_id a = 0, b = 0;

  explicit bed(std::uint32_t block_bytes = 512) { restart(block_bytes); }

  // As after a loss of power: what is left is what the store has.
  void restart(std::uint32_t block_bytes = 512) {
    unit.reset();
    auto opened = device::open(identity(block_bytes), store);
    ASSERT_TRUE(opened) << opened.error().text;
    unit = std::move(*opened);
    a = quiet(port_a);
    b = quiet(port_b);
  }
  static device_identity identity(std::uint32_t block_bytes = 512) {
    device_identity i;
    i.target_name = "iqn.2026-01.test:volume";
    i.naa = 0x3123456789abcdef;
    i.serial = "serial-1";
    i.volume = "volume";
    i.revision = "0.1";
    i.size_bytes = blocks * block_bytes;
    i.block_bytes = block_bytes;
    return i;
  }
  // A nexus that has been told of the power on.
  nexus_id quiet(const std::string& port) {
    const auto n = unit->attach(port);
    unit->begin(n, 0, cdb{});
    return n;
  }

  decision begin(const cdb& c) { return unit->begin(a, 0, c); }
  answer ask(nexus_id from, const cdb& c) {
    const auto d = unit->begin(from, 0, c);
    EXPECT_TRUE(d.done) << "work or parameters instead of an answer";
    return d.done.value_or(answer{});
  }
  answer ask(const cdb& c) { return ask(a, c); }
  decision send(nexus_id from, const cdb& c, const bytes& list) {
    auto d = unit->begin(from, 0, c);
    if (d.done) return d;
    return unit->parameters(from, c, list);
  }
  // The unit attention that TEST UNIT READY finds, or 0.
  std::uint16_t attention(nexus_id n) {
    const auto got = ask(n, cdb{});
    return got.sense ? got.sense->code : 0;
  }
};

inline std::uint16_t code_of(const answer& got) { return got.sense ? got.sense->code : 0; }
inline std::uint16_t code_of(const decision& d) { return d.done ? code_of(*d.done) : 0; }

}  // namespace cairn::scsi::test
