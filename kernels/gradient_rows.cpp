// SPDX-License-Identifier: Apache-2.0
#include "kernels/gradient_rows.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include "backend/parallel.hpp"
#include "kernels/cpu/long_rows.hpp"

namespace rankfill {

namespace {

/// u_i and the sum of e_j v_j, padded, of some rows at a time.
template <class T>
class GradientRows {
 public:
  GradientRows(const Csr<T, CpuBackend>& m, const PaddedRows<T>& v, std::size_t most_rows)
      : pass_(m, v), padded_(v.padded), u_(most_rows * size()), sums_(most_rows * size()) {}

  /// squares[i] = sum_j e_j^2, i in `rows`; without `in_step`, of one row.
  void operator()(std::span<const std::int64_t> rows, bool in_step, const Factor<T, CpuBackend>& u,
                  Factor<T, CpuBackend>& g, std::vector<double>& squares) {
    for (std::size_t c = 0; c < rows.size(); ++c) {
      std::copy_n(u.values.data() + rows[c] * u.rank, u.rank, u_.data() + c * size());
      std::fill_n(sums_.data() + c * size(), padded_, T{0});
    }
    const auto take = [&](std::size_t c, const EntrySlice<T>& slice) {
      squares[static_cast<std::size_t>(rows[c])] +=
          loops_.gradient(slice, u_.data() + c * size(), sums_.data() + c * size());
    };
    if (in_step)
      pass_.in_step(
          rows, [](std::size_t) { return true; }, take);
    else
      pass_.whole(rows[0], [&](const EntrySlice<T>& slice) { take(0, slice); });
    for (std::size_t c = 0; c < rows.size(); ++c) {
      T* g_i = g.values.data() + rows[c] * g.rank;
      for (int k = 0; k < g.rank; ++k) g_i[k] = 0 - sums_[c * size() + static_cast<std::size_t>(k)];
    }
  }

 private:
  std::size_t size() const { return static_cast<std::size_t>(padded_); }

  const RowLoops<T>& loops_ = row_loops<T>();
  RowPass<T> pass_;
  int padded_;
  AlignedArray<T> u_, sums_;
};

}  // namespace

template <class T>
void gradient_rows(CpuBackend& backend, const Csr<T, CpuBackend>& m, const Factor<T, CpuBackend>& u,
                   const Factor<T, CpuBackend>& v, Gather, Factor<T, CpuBackend>& g,
                   Buffer<double, CpuBackend>& squared_error) {
  const PaddedRows<T> rows_of_v(backend, v);
  const LongRows<T> found(backend, m, rows_of_v);
  std::vector<double> squares(static_cast<std::size_t>(m.num_rows));  // added up in row order
#pragma omp parallel num_threads(backend.threads())
  {
    GradientRows<T> gradient(m, rows_of_v, found.most_rows());
#pragma omp for schedule(dynamic, 1) nowait
    for (std::size_t group = 0; group < found.groups(); ++group) gradient(found.group(group), true, u, g, squares);
#pragma omp for schedule(dynamic, kRowsPerBlock)
    for (std::int64_t row = 0; row < m.num_rows; ++row)
      if (!found.contain(m.row_ptr.data()[row + 1] - m.row_ptr.data()[row])) gradient({&row, 1}, false, u, g, squares);
  }
  *squared_error.data() = 0;
  for (const double row : squares) *squared_error.data() += row;
}

template void gradient_rows(CpuBackend&, const Csr<float, CpuBackend>&, const Factor<float, CpuBackend>&,
                            const Factor<float, CpuBackend>&, Gather, Factor<float, CpuBackend>&,
                            Buffer<double, CpuBackend>&);
template void gradient_rows(CpuBackend&, const Csr<double, CpuBackend>&, const Factor<double, CpuBackend>&,
                            const Factor<double, CpuBackend>&, Gather, Factor<double, CpuBackend>&,
                            Buffer<double, CpuBackend>&);

}  // namespace rankfill
