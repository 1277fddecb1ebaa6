// cairn: what a group does, and what people may ask of it. Talks to the coordinator of this site.
#include <csignal>

#include "cli/command_line.h"

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_DFL);
  return cairn::command_line().run(count, words);
}
