// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/row_loops.hpp"

#include "kernels/cpu/row_loops_sets.hpp"

namespace rankfill {

namespace {

template <class T>
const RowLoops<T>& of(const RowLoopsSet& set) {
  if constexpr (sizeof(T) == sizeof(float))
    return *set.for_float;
  else
    return *set.for_double;
}

}  // namespace

template <class T>
const RowLoops<T>& row_loops() {
  static const RowLoops<T>& fastest = of<T>(available_row_loops().sets[0]);
  return fastest;
}

template <class T>
std::vector<const RowLoops<T>*> all_row_loops() {
  const RowLoopsChoice choice = available_row_loops();
  std::vector<const RowLoops<T>*> all;
  for (int k = 0; k < choice.size; ++k) all.push_back(&of<T>(choice.sets[k]));
  return all;
}

template const RowLoops<float>& row_loops();
template const RowLoops<double>& row_loops();
template std::vector<const RowLoops<float>*> all_row_loops();
template std::vector<const RowLoops<double>*> all_row_loops();

}  // namespace rankfill
