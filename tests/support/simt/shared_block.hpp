// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <new>

#include "address_sanitizer.hpp"

namespace simt {

/// The dynamic shared memory of a block between two guard zones.  ASan reports a touch of the guards where it happens;
/// without ASan, `intact` tells after the block whether they were written.
class SharedBlock {
 public:
  explicit SharedBlock(std::size_t size)
      : size_(size), memory_(static_cast<std::byte*>(::operator new(size + 2 * guard_bytes, alignment))) {
    std::memset(memory_, guard_value, size + 2 * guard_bytes);
    hide_from_host(memory_, guard_bytes);
    hide_from_host(data() + size, guard_bytes);
  }
  ~SharedBlock() {
    show_to_host(memory_, size_ + 2 * guard_bytes);
    ::operator delete(memory_, alignment);
  }
  SharedBlock(const SharedBlock&) = delete;
  SharedBlock& operator=(const SharedBlock&) = delete;

  std::byte* data() { return memory_ + guard_bytes; }
  std::size_t size() const { return size_; }

  /// All ones: a NaN for every floating-point type, and an index that is out of any range.
  void poison() { std::memset(data(), 0xFF, size_); }

  bool intact() {
    if constexpr (address_sanitizer) return true;
    for (std::size_t i = 0; i < guard_bytes; ++i) {
      if (memory_[i] != std::byte{guard_value} || data()[size_ + i] != std::byte{guard_value}) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t guard_bytes = 256;
  static constexpr unsigned char guard_value = 0xA5;
  static constexpr std::align_val_t alignment{256};

  std::size_t size_;
  std::byte* memory_;
};

}  // namespace simt
