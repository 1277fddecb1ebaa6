// The way from nbdkit's C into our C++ and back: every callback of the plugin goes through one of
// these, because an exception that left one would end the process.
//
// An error goes to nbdkit's log as its sentence and to the client as its errno.
#pragma once
#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <cerrno>
#include <exception>
#include <new>

#include "base/result.h"
#include "gateway/nbd/complaints.h"

namespace cairn {

// body() returns result<T>; `failed` is what nbdkit takes for an error.
template <class T, class F>
T callback(T failed, F&& body) noexcept {
  try {
    auto done = body();
    if (done) return *done;
    complain_to_client(done.error().code, done.error().text.c_str());
  } catch (const std::bad_alloc&) {
    complain_to_client(ENOMEM, "out of memory");
  } catch (const std::exception& thrown) {
    complain_to_client(EIO, thrown.what());
  } catch (...) {
    complain_to_client(EIO, "an unknown exception");
  }
  return failed;
}

// body() returns result<void>: 0 or -1.
template <class F>
int callback(F&& body) noexcept {
  return callback<int>(-1, [&]() -> result<int> {
    CAIRN_TRY(body());
    return 0;
  });
}

}  // namespace cairn
