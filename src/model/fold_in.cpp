// SPDX-License-Identifier: Apache-2.0
#include "rankfill/fold_in.hpp"

#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include "backend/cpu.hpp"
#include "kernels/als_half.hpp"
#include "problem/host_problem.hpp"
#include "rankfill/error.hpp"

namespace rankfill {

namespace {

void check(const Model& model, const Entries& rows, const FoldInOptions& options) {
  const auto rule = [](bool holds, const char* field, double value, const char* says) {
    if (!holds) throw InvalidOption(field, std::to_string(value), says);
  };
  rule(options.regularization >= 0 && std::isfinite(options.regularization), "regularization", options.regularization,
       "must be a number >= 0");
  rule(options.weighting >= 0 && options.weighting <= 1, "weighting", options.weighting, "must be in [0, 1]");
  rule(options.bias_damping >= 0 && std::isfinite(options.bias_damping), "bias_damping", options.bias_damping,
       "must be >= 0");
  rule(options.threads >= 0 && options.threads <= 1024, "threads", options.threads, "must be 0..1024 (0: all)");
  if (rows.num_cols != model.num_cols())
    throw InvalidData(rows.source, 0,
                      "the new rows have " + std::to_string(rows.num_cols) + " columns, the model " +
                          std::to_string(model.num_cols()));
  validate_entries(rows, true);
}

/// Values less the mean and the biases of their columns; then, for a model with biases, less those of the rows, found here.
std::vector<double> centred(const Model& model, const Entries& rows, double damping, std::vector<double>& row_bias) {
  std::vector<double> values(rows.values);
  for (std::size_t p = 0; p < values.size(); ++p) {
    values[p] -= model.mean;
    if (!model.col_bias.empty() && rows.cols[p] >= 0)
      values[p] -= model.col_bias[static_cast<std::size_t>(rows.cols[p])];
  }
  if (model.row_bias.empty()) return values;
  const auto row_of = [&](std::size_t p) {
    return rows.rows[p] < 0 || rows.cols[p] < 0 ? std::size_t(rows.num_rows) : static_cast<std::size_t>(rows.rows[p]);
  };
  std::vector<double> sum(static_cast<std::size_t>(rows.num_rows) + 1), count(sum);  // the last: of entries left out
  for (std::size_t p = 0; p < values.size(); ++p) {
    sum[row_of(p)] += values[p];
    count[row_of(p)] += 1;
  }
  row_bias.resize(static_cast<std::size_t>(rows.num_rows));
  for (std::size_t i = 0; i < row_bias.size(); ++i) row_bias[i] = count[i] > 0 ? sum[i] / (count[i] + damping) : 0.0;
  for (std::size_t p = 0; p < values.size(); ++p)
    if (row_of(p) < row_bias.size()) values[p] -= row_bias[row_of(p)];
  return values;
}

}  // namespace

FoldedRows fold_in(const Model& model, const Entries& rows, const FoldInOptions& options) {
  check(model, rows, options);
  FoldedRows result;
  const HostCsr by_row = sort_by_row(rows, centred(model, rows, options.bias_damping, result.row_bias));
  reject_duplicates(by_row, rows);
  result.unknown = rows.size() - std::ssize(by_row.values);

  CpuBackend backend(options.threads);
  const auto csr = detail::upload<double>(backend, by_row, model.rank(), "the new rows");
  Buffer<double, CpuBackend> weights;
  if (options.weighting > 0)
    weights = {backend, detail::count_weights<double>(by_row.row_ptr, options.weighting), "the row weights"};
  Factor<double, CpuBackend> v(backend, model.num_cols(), model.rank(), "the column factors");
  Factor<double, CpuBackend> u(backend, rows.num_rows, model.rank(), "the new row factors");
  std::visit([&](const auto& values) { v.values.upload(std::vector<double>(values.begin(), values.end())); },
             model.col_factors.values);
  u.values.fill_zero();
  Buffer<double, CpuBackend> sums(backend, kHalfSweepSums, "sums");
  als_half(backend, csr, options.regularization, weights, v, {}, u, sums);

  result.row_factors = {rows.num_rows, model.rank(), {}};
  std::visit(
      [&](const auto& like) {
        using Values = std::remove_cvref_t<decltype(like)>;
        const std::vector<double> solved = u.values.download();
        result.row_factors.values = Values(solved.begin(), solved.end());
      },
      model.row_factors.values);
  return result;
}

}  // namespace rankfill
