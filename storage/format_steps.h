// How the tables of a database come from one version of their format to the next. The owner keeps
// the version in a table of its own, and each step notes the new one.
//
// A step is added with the version that it leads to and never changed again: somebody's tables are
// as old as the first.
//
// Tables below `oldest` are refused: no release has made any.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "storage/database.h"

namespace cairn {

struct format_steps {
  std::uint64_t oldest = 1;
  std::span<const char* const> steps;  // SQL, one text a step; the first leads from `oldest` on
};

constexpr std::uint64_t newest_format(const format_steps& f) { return f.oldest + f.steps.size(); }

// EPROTONOSUPPORT with a sentence about `what` unless `found` can be brought up to date. Before
// anything is written.
result<void> check_format(const std::string& what, std::uint64_t found, const format_steps& known);

// All steps from `found` on, in one transaction that is durable when this returns. Writes nothing
// where there are none.
result<void> bring_up_to_date(database& db, std::uint64_t found, const format_steps& known);

}  // namespace cairn
