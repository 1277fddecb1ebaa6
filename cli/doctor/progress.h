// How far what was started has come: it may read its journals for a long time before it listens,
// and a service that can't start is tried again and again.
#pragma once
#include "cli/doctor/openings.h"
#include "cli/doctor/unit.h"

namespace cairn::doctor {

// Of a program that runs.
struct progress_seen {
  std::string unit;             // that systemd runs it by; empty: started otherwise
  std::string state;            // of that unit
  std::optional<bool> listens;  // anywhere; nullopt: not seen
  bool changed = false;         // its configuration, after its start
};
bool is_starting(const progress_seen& p);

// What is to be said of it where it does not answer or listen. `file`: its configuration.
finding judge_silent(const std::string& check, const std::string& sentence, const std::string& file,
                     const progress_seen& p);

// `ran_before` nullopt: not known. `start`: what starts it.
finding judge_running(const std::string& who, const std::optional<running_program>& serves,
                      const std::optional<unit_seen>& unit, std::optional<bool> ran_before,
                      const std::string& start);

progress_seen see_progress(const openings& open, const running_program& serves,
                           const std::optional<unit_seen>& unit);

// Seconds after the machine's start, of /proc/PID/stat; nullopt: not what it should be. Pure.
std::optional<double> started_at(const std::string& stat, long ticks_each_second);

}  // namespace cairn::doctor
