#include "gateway/nbd/patience.h"

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

namespace cairn {
namespace {

constexpr std::chrono::seconds without_progress_max{5};  // a segment is trimmed as a whole
constexpr std::chrono::seconds wait_max{20};
constexpr unsigned moment_ns = 5'000'000;

}  // namespace

patience::patience(const journal& of)
    : journal_(of), began_(clock::now()), progress_at_(began_), trimmed_(of.trimmed()) {}

bool patience::wait() {
  const auto now = clock::now();
  if (const auto trimmed = journal_.trimmed(); trimmed > trimmed_) {
    trimmed_ = trimmed;
    progress_at_ = now;
  }
  if (now - progress_at_ > without_progress_max || now - began_ > wait_max) return false;
  return nbdkit_nanosleep(0, moment_ns) == 0;
}

}  // namespace cairn
