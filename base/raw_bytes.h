// A buffer whose new bytes have no value until they are written: for what is read into it at once.
// Zeroes first would be a pass over the memory more, a tenth of what receiving a stretch costs.
#pragma once
#include <memory>
#include <utility>

#include "base/bytes.h"

namespace cairn {

// As std::allocator, but that an element without an initial value gets none.
template <class T>
struct unset_allocator : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = unset_allocator<U>;
  };
  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Args>
  void construct(U* at, Args&&... args) {
    std::construct_at(at, std::forward<Args>(args)...);
  }
};

using raw_bytes = std::vector<std::byte, unset_allocator<std::byte>>;

}  // namespace cairn
