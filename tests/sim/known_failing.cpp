#include "tests/sim/known_failing.h"

namespace cairn::sim {
namespace {

constexpr known_failure all[] = {
    {ordeal::both_journals_full, 5, "L11",
     "A secondary that is full before a marker came for it to apply drops nothing and takes "
     "nothing; its primary fills, too, and nothing moves when all is back.",
     "never reached"},
    {ordeal::marker_after_restart, 1, "I6",
     "A takeover cuts its own marker's seal off; at the next start the marker is voided.",
     "void after a restart"},
    {ordeal::rogue_numbers, 1, "F62",
     "A MARK with the highest epoch and number, from anybody, is taken, and no marker can come "
     "behind it.",
     "is 2^63 or more"},
    {ordeal::secondary_back_in_silence, 8, "L6",
     "A secondary put back from a copy has lost what it had applied, and its primary goes on with "
     "it without a word.",
     "is taken as if nothing had happened"},
    {ordeal::secondary_rots, 3, "F8",
     "A record that rotted in a secondary's journal is applied, and shown as it is: what is read "
     "out "
     "of the pending map is not checked.",
     "wrong bytes"},
};

}  // namespace

std::span<const known_failure> known_failures() { return all; }

}  // namespace cairn::sim
