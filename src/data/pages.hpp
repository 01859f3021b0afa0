// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace rankfill::data {

/// Asks the system for large pages for `bytes` at `begin`, and for all of them at once, by all threads: memory that is
/// first touched page by page costs as much as parsing what goes into it.  Advice only: nothing changes where the system
/// has no such thing.
void make_pages(void* begin, std::size_t bytes, int threads);

/// Makes `to` hold `size` elements, those beyond its present ones zero.  Should it have to move, it asks for room for
/// `expected`, which costs address space only.
template <class T>
void extend(std::vector<T>& to, std::size_t size, std::size_t expected, int threads) {
  if (size > to.capacity()) to.reserve(size > expected ? size : expected);
  if (size > to.size()) make_pages(to.data() + to.size(), (size - to.size()) * sizeof(T), threads);
  to.resize(size);
}

/// `size` elements, all zero.
template <class T>
std::vector<T> zeros(std::size_t size, int threads) {
  std::vector<T> made;
  extend(made, size, size, threads);
  return made;
}

}  // namespace rankfill::data
