// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "backend/parallel.hpp"
#include "kernels/cpu/row_loops.hpp"

namespace rankfill {

/// The rows of a factor, padded with zeros to whole machine vectors; copied only where they do not lie so.
template <class T>
struct PaddedRows {
  PaddedRows(CpuBackend& backend, const Factor<T, CpuBackend>& x)
      : num_rows(x.num_rows), padded(row_loops<T>().pad(x.rank)), values(x.values.data()) {
    if (padded == x.rank) return;
    copy_ = {backend, num_rows * padded, "padded rows"};
    values = copy_.data();
    for_blocks(backend, num_rows, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        T* to = std::copy_n(x.values.data() + row * x.rank, x.rank, copy_.data() + row * padded);
        std::fill(to, copy_.data() + (row + 1) * padded, T{0});
      }
    });
  }

  std::int64_t row_bytes() const { return padded * std::int64_t{sizeof(T)}; }

  std::int64_t num_rows;
  int padded;
  const T* values;

 private:
  Buffer<T, CpuBackend> copy_;
};

}  // namespace rankfill
