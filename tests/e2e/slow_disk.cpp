// A disk that is merely slow, by LD_PRELOAD: fdatasync and fsync take as many milliseconds longer
// as the file that SLOW_DISK names says at that moment.
#include <dlfcn.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

int wanted_ms() {
  const char* const path = std::getenv("SLOW_DISK");
  std::FILE* const said = path ? std::fopen(path, "re") : nullptr;
  if (!said) return 0;
  int ms = 0;
  if (std::fscanf(said, "%d", &ms) != 1) ms = 0;
  std::fclose(said);
  return ms;
}

// A disk that is quick again is so at once.
void be_slow() {
  constexpr int piece_ms = 50;
  for (int waited = 0; waited < wanted_ms(); waited += piece_ms)
    std::this_thread::sleep_for(std::chrono::milliseconds(piece_ms));
}

int next(const char* name, int fd) {
  be_slow();
  return reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, name))(fd);
}

}  // namespace

extern "C" int fdatasync(int fd) { return next("fdatasync", fd); }
extern "C" int fsync(int fd) { return next("fsync", fd); }
