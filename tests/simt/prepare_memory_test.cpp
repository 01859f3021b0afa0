// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "backend/cuda.hpp"
#include "control.hpp"
#include "problem/prepare.hpp"
#include "problem/start.hpp"

namespace rankfill {
namespace {

Entries ratings(std::int64_t rows, std::int64_t cols, double step) {
  Entries e;
  e.num_rows = rows;
  e.num_cols = cols;
  for (std::int32_t i = 0; i < rows; ++i)
    for (std::int32_t j = 0; j < cols; j += 1 + (i + j) % 3) {
      e.rows.push_back(i);
      e.cols.push_back(j);
      e.values.push_back(step * (philox({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j)}, {})[0] % 9));
    }
  return e;
}

/// The most that preparing takes is what the comment in src/problem/prepare_cuda.cpp says, and no more.
TEST(PrepareMemory, ThePeakIsTheFormula) {
  struct {
    std::int64_t rows, cols;
    double step;
    std::int64_t value_bytes, col_bytes;
  } const cases[] = {{600, 80, 0.5, 4, 2}, {600, 80, 0.1, 8, 2}, {100, 70000, 0.5, 4, 4}};
  for (const auto& c : cases) {
    const simt::Scope scope;
    CudaBackend backend(0);
    Entries e = ratings(c.rows, std::min<std::int64_t>(c.cols, 1500), c.step);
    e.num_cols = c.cols;
    Options options;
    options.rank = 8;
    options.center = Center::bias;

    const auto problem = prepare<float>(backend, e, options, nullptr);

    const auto peak = static_cast<std::int64_t>(backend.peak_bytes());
    const std::int64_t entries = e.size() * (16 + 3 * c.value_bytes + c.col_bytes);
    // per row and column: offsets, order, place, row plans; besides them, scratch of a sort
    const std::int64_t besides = 48 * (c.rows + c.cols) + e.size() / 2 + 65536;
    EXPECT_GE(peak, entries) << c.rows << " x " << c.cols << ", step " << c.step;
    EXPECT_LE(peak, entries + besides) << c.rows << " x " << c.cols << ", step " << c.step;
    EXPECT_LT(besides, entries / 4 + 48 * c.cols) << "the bound says something";
  }
}

}  // namespace
}  // namespace rankfill
