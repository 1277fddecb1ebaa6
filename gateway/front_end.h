// A way for hosts to the volumes of a gateway, beside nbdkit, which has a life of its own.
//
// The gateway owns it, starts it last and stops it first; its calls come from one thread, but for
// sessions(), which comes from any and waits for nobody.
#pragma once
#include <string>
#include <vector>

#include "replication/status.h"

namespace cairn {

struct volume_session {
  std::string volume;  // its export name; empty: the host only asks for what there is
  host_session host;
};

class front_end {
 public:
  virtual ~front_end() = default;
  virtual void start() = 0;
  virtual void stop() = 0;           // ends every session; a second call does nothing
  virtual void look_at_sizes() = 0;  // volumes may have grown: hosts are told
  virtual std::vector<volume_session> sessions() const = 0;
};

}  // namespace cairn
