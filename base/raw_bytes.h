// A buffer whose new bytes have no value until they are written: for what is read into it at once.
// Zeroes first would be a pass over the memory more: 7 % of the thread that receives stretches.
#pragma once
#include <memory>

#include "base/bytes.h"

namespace cairn {

// As std::allocator, but that an element without an initial value gets none.
template <class T>
struct unset_allocator : std::allocator<T> {
  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
};

using raw_bytes = std::vector<std::byte, unset_allocator<std::byte>>;

}  // namespace cairn
