// Prints, a line each, what sampled.h describes in the formats of this tree: make.py keeps it as
// VERSION/frames.txt.
#include <cstdio>

#include "replication/wire.h"
#include "replication/wire_life.h"
#include "tests/samples/sampled.h"
#include "tests/unit/replication/life_samples.h"

namespace {

void print(const char* word, cairn::byte_view what) {
  std::printf("%s %s\n", word, cairn::samples::hex_of(what).c_str());
}

}  // namespace

int main() {
  using namespace cairn;
  for (const auto& m : samples::link_messages()) print("link", encode(m));
  for (const auto& m : samples::control_messages()) print("control", encode(m));
  for (const auto& m : samples::link_life_messages()) print("link-life", encode_life(m));
  for (const auto& m : samples::control_life_messages()) print("control-life", encode_life(m));
  for (const auto& r : samples::records()) print("record", encode_header(r, samples::record_salt));
  print("marker-body", encode_marker_body(samples::a_marker_body()));
  print("named-body", encode_named_body(samples::id(19)));
  print("members-body", encode_member_list(samples::a_member_list()));
  print("reservations", samples::a_reservation().image());
}
