// Hosts of a primary member that dies, and what they were promised:
//
//   * what was acknowledged survives a kill; what a FLUSH or FUA covered survives a loss of power;
//   * so does all that the journal itself called durable, promised or not;
//   * a change is there as a whole or not at all, and a read shows the acknowledged ones in order
//     of sequence: each image is the fold of a prefix of the journal with gaps in it.
//
// Which of the others were lost is learned from the rows that recovery left; the images must then
// be exactly the fold of the rest, so a row that lies is seen, too.
#pragma once
#include <map>

#include "tests/crash/mortal_member.h"
#include "tests/crash/volume_images.h"

namespace cairn {

class hosts {
 public:
  hosts(mortal_member& of, volume_images start) : of_(of), base_(start), visible_(base_) {}

  // Something that a host asks for. `amid`: in the middle of another append, so nothing that waits
  // for it.
  void ask(bool amid);
  // What hosts may read now.
  const volume_images& visible() const { return visible_; }
  // After each request and step: what is durable now must be there ever after.
  void note_durable();
  // After a start: what was lost might be, and the rest is there.
  void judge_recovery();

 private:
  struct asked {
    change what;
    incarnation made_in;
    bool finished = false;      // its append returned
    bool acknowledged = false;  // to the host, which may read it
    bool promised = false;      // FUA, or a FLUSH behind it
  };
  change make_change();
  byte_range some_range();
  void send_change(bool amid);
  void acknowledged(std::uint64_t id, const result<void>& how, bool fua);
  void flush();
  bool is_lost(const asked& a);
  void judge(const asked& a, bool lost);

  mortal_member& of_;
  volume_images base_;     // what the last recovery left
  volume_images visible_;  // and what was acknowledged since
  std::map<std::uint64_t, asked> asked_;
  std::uint64_t next_id_ = 1;
  sequence durable_;
};

}  // namespace cairn
