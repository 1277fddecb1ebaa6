#include "replication/watermarks.h"

#include <initializer_list>
#include <string>

#include "base/invariant.h"

namespace cairn {
namespace {

struct named {
  const char* name;
  sequence value;
};

void ascending(const char* invariant, std::initializer_list<named> marks) {
  const named* before = nullptr;
  for (const named& mark : marks) {
    CAIRN_INVARIANT(invariant, before == nullptr || before->value <= mark.value,
                    std::string(before->name) + " " + std::to_string(before->value.value) +
                        " is beyond " + mark.name + " " + std::to_string(mark.value.value));
    before = &mark;
  }
}

}  // namespace

void check(const journal_watermarks& w) {
  ascending("I7", {{"trimmed", w.trimmed},
                   {"backed", w.backed},
                   {"destaged", w.destaged},
                   {"durable", w.durable},
                   {"finished", w.finished},
                   {"assigned", w.assigned}});
}

void check(const peer_watermarks& w) {
  ascending("I7", {{"trimmed", w.trimmed},
                   {"stored", w.stored},
                   {"received", w.received},
                   {"sent", w.sent},
                   {"finished", w.finished}});
}

void check(const applied_watermarks& w) {
  ascending("I7", {{"destaged", w.destaged},
                   {"applied", w.applied},
                   {"selected", w.selected},
                   {"stored", w.stored}});
}

void check_destage(sequence limit, sequence durable) {
  ascending("I1", {{"destaging", limit}, {"durable", durable}});
}

void check_apply(sequence upto, sequence target) {
  ascending("I5", {{"applying", upto}, {"the target", target}});
}

void check_seal(std::chrono::steady_clock::time_point now,
                std::chrono::steady_clock::time_point limit) {
  CAIRN_INVARIANT("I11", now < limit, "a marker was sealed after its hold limit");
}

}  // namespace cairn
