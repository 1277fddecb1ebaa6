// One gateway: every member of a configuration, with its links and the control server, put
// together; it is given its front ends. Owned by the process's front end (gateway/nbd/plugin.cpp),
// which calls open, start and stop from one thread, in this order; find and exports from any thread
// in between.
//
// open() takes the locks, recovers and binds, so that whatever is wrong reaches the user before
// anything is served; threads exist from start() to stop() only, because nbdkit may fork before it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/member/member.h"

namespace cairn {

class control_server;
class front_end;
class receiver_link;
class sender_link;

// A volume under its export name. Valid as long as the gateway.
struct exported_volume {
  host_face* owner = nullptr;
  std::size_t index = 0;  // in owner->facts()
  const member_config* of = nullptr;

  // As of now: `writable` changes with the member's role.
  volume_facts facts() const { return owner->facts().at(index); }
};

class gateway {
 public:
  // `on` and `random` must outlive it.
  static result<std::unique_ptr<gateway>> open(disk& on, const gateway_config& config,
                                               random_source& random);
  ~gateway();
  gateway(const gateway&) = delete;
  gateway& operator=(const gateway&) = delete;

  void add(std::unique_ptr<front_end> f);  // over its exports(); before start()
  void start();
  // Takes from a configuration that was read again what can change while hosts are served: `log`,
  // and sizes that have grown (0: a block device is looked at again). Says in the log what grew,
  // what could not, and that the rest takes a restart. From start() to stop(), one call at a time.
  void reload(const gateway_config& now);
  // Orderly, and no longer than the disks take: what an APPLY under way still has to do is left to
  // the next start. A second call does nothing.
  void stop();

  std::optional<exported_volume> find(const std::string& name) const;
  std::vector<exported_volume> exports() const;  // in the order of the configuration
  std::string sentence() const;                  // gateway/service_sentence.h; does not wait

 private:
  explicit gateway(const gateway_config& config);
  result<void> open_members(disk& on, random_source& random);
  result<void> bind();
  result<void> make_links();
  void add_hosts(member_status& s) const;
  bool grow(const member_config& now, member& of);

  const gateway_config config_;
  // Destroyed from the last to the first: links and control use the members.
  std::vector<std::unique_ptr<member>> members_;
  std::vector<std::unique_ptr<sender_link>> senders_;
  std::unique_ptr<receiver_link> receivers_;  // none: no member is configured as secondary
  std::unique_ptr<control_server> control_;
  std::vector<std::unique_ptr<front_end>> front_ends_;
  bool running_ = false;
};

}  // namespace cairn
