// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace simt {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool address_sanitizer = true;
inline void hide_from_host(const void* begin, std::size_t bytes) { __asan_poison_memory_region(begin, bytes); }
inline void show_to_host(const void* begin, std::size_t bytes) { __asan_unpoison_memory_region(begin, bytes); }
#else
inline constexpr bool address_sanitizer = false;
inline void hide_from_host(const void*, std::size_t) {}
inline void show_to_host(const void*, std::size_t) {}
#endif

}  // namespace simt
