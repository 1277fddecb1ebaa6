// Persistent reservations (SPC-4 5.13): who is registered, with which key, and who holds what.
//
// A value: PERSISTENT RESERVE OUT works on a copy, which replaces the original once it is durable.
// Registrations belong to an initiator port's name (there is one target port), so they outlive a
// session.
// Not here: RESERVE(6), which belongs to a nexus; CDBs and parameter lists (reserve_commands.h).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "iscsi/scsi/opcodes.h"

namespace cairn::scsi {

enum class reservation_type : std::uint8_t {
  write_exclusive = 1,
  exclusive_access = 3,
  write_exclusive_registrants = 5,
  exclusive_access_registrants = 6,
  write_exclusive_all = 7,
  exclusive_access_all = 8,
};
std::optional<reservation_type> reservation_type_of(std::uint64_t number);
bool excludes_reads(reservation_type t);
bool admits_registrants(reservation_type t);  // registrants only, all registrants
bool held_by_all(reservation_type t);         // all registrants

struct registration {
  std::string port;       // "iqn…,i,0xISID"
  std::uint64_t key = 0;  // never 0
  friend bool operator==(const registration&, const registration&) = default;
};

// A unit attention for an initiator port.
struct notice {
  std::string to;
  std::uint16_t code = 0;
};

class reservations {
 public:
  static constexpr std::size_t registrations_max = 128;

  struct held {
    reservation_type type;
    std::string holder;  // the port; meaningless of a type that all hold
    friend bool operator==(const held&, const held&) = default;
  };

  const std::vector<registration>& registered() const { return registered_; }
  const std::optional<held>& reservation() const { return held_; }
  std::uint32_t generation() const { return generation_; }
  bool kept() const { return kept_; }  // through a loss of power
  void keep(bool on) { kept_ = on; }

  const registration* find(const std::string& port) const;
  bool holds(const registration& r) const;
  // Of the holder; 0 where nobody holds one, or all registrants do.
  std::uint64_t holders_key() const;
  bool allows(access needs, const std::string& port) const;

  // What the service actions do, once their keys have been checked. Notices go to `told`.
  bool add(const registration& r);  // false: no room. Replaces one of the same port.
  void remove(const std::string& port, std::vector<notice>& told);
  void reserve(const std::string& port, reservation_type t);
  void release(const std::string& by, std::vector<notice>& told);
  void clear(const std::string& by, std::vector<notice>& told);
  // Ends the registrations with `key`, or all, but for that of `spared`, and what nobody holds any
  // more; returns their ports.
  std::vector<std::string> preempt(const std::string* spared, std::optional<std::uint64_t> key,
                                   std::vector<notice>& told);
  void tell_others(const std::string& by, std::uint16_t code, std::vector<notice>& told) const;
  void count_generation() { ++generation_; }

  // What is stored: everything but the generation, which starts anew with the power.
  bytes image() const;
  static result<reservations> from_image(byte_view image);

 private:
  std::vector<registration> registered_;
  std::optional<held> held_;
  std::uint32_t generation_ = 0;
  bool kept_ = false;
};

}  // namespace cairn::scsi
