// Threads that must not wait behind others for a core.
#pragma once

namespace cairn {

// Lets the calling thread run ahead of ordinary ones (SCHED_RR, else nice -10), where the system
// allows it (root, CAP_SYS_NICE, LimitRTPRIO); otherwise does nothing. For threads that do little
// and that hosts wait for: those of a marker round, whose every millisecond is one of withheld
// acknowledgements.
void run_ahead();

}  // namespace cairn
