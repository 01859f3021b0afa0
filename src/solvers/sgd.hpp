// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/stratum_descent.hpp"
#include "problem/schedule.hpp"
#include "solvers/solver.hpp"

namespace rankfill {

/// Stochastic gradient descent on a schedule of strata (DSGD).  docs/math.md Eq. 42-44; Gemulla, Haas, Nijkamp, Sismanis 2011.
/// Rows and columns are cut into blocks by the data and the seed alone, so any number of threads takes the same steps.
/// After some epochs the objective is measured.  If it fell, the speed rises a little; if not, the epochs are taken back and
/// repeated at half the speed: the objectives of the table never rise.
/// Traffic per iteration: two passes per epoch, both factors written too, and those of the gradient; again when repeated.
template <class T, class B>
class Sgd {
 public:
  Sgd(B& backend, Problem<T, B>& problem, int rank, const SgdOptions& options, std::uint64_t seed)
      : backend_(backend),
        problem_(problem),
        epochs_(options.epochs),
        seed_(seed),
        speed_(options.step_size),
        gradient_(backend, problem),
        g_(backend, problem.num_rows, problem.num_cols, rank, "the gradient"),
        kept_(backend, problem.num_rows, problem.num_cols, rank, "the point before the epochs") {
    make_strata(rank);
  }

  Step iterate(Factors<T, B>& at) {
    Step step;
    if (!here_) {
      here_ = gradient_.measure(at, g_);
      step.passes = gradient_.passes();
      if (problem_.empty_rows > 0) clear_empty(problem_.observations.by_row, at.row);
      if (problem_.empty_cols > 0) clear_empty(problem_.observations.by_col, at.col);
    }
    step.before = *here_;
    kept_.copy_from(at);
    for (int slowed = 0; slowed <= kMostSlowed; ++slowed) {
      for (int epoch = 0; epoch < epochs_; ++epoch) descend(at);
      const Measure next = gradient_.measure(at, g_);
      step.passes += 2 * epochs_ + gradient_.passes();
      if (next.objective() < here_->objective()) {  // false for NaN
        here_ = next;
        speed_ *= kFaster;
        step.finite = true;
        return step;
      }
      at.copy_from(kept_);
      speed_ *= kSlower;
    }
    step.moved = false;
    return step;
  }

 private:
  /// One epoch: all strata, in an order of its own.
  void descend(Factors<T, B>& at) {
    for (const int stratum : shuffled(strata_.num_blocks, seed_, epoch_++))
      stratum_descent(backend_, strata_, stratum, speed_, at);
  }

  /// Rows without entries are never visited: to their minimum, once.
  static void clear_empty(const Csr<T, B>& m, Factor<T, B>& x) {
    const std::vector<std::int64_t> row_ptr = m.row_ptr.download();
    std::vector<T> values = x.values.download();
    for (std::size_t i = 0; i + 1 < row_ptr.size(); ++i)
      if (row_ptr[i] == row_ptr[i + 1])
        std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(i) * x.rank, x.rank, T{0});
    x.values.upload(values);
  }

  void make_strata(int rank) {
    const Csr<T, B>& m = problem_.observations.by_row;
    const NamedEntries named{m.row_ptr.download(), columns_of(m), m.num_cols, problem_.row_order.download(),
                             problem_.col_order.download()};
    const int num_blocks =
        choose_num_blocks(m.num_entries, m.num_rows - problem_.empty_rows, m.num_cols - problem_.empty_cols);
    const Schedule schedule = make_schedule(named, num_blocks, seed_);
    const std::vector<T> values = values_of(m);
    std::vector<std::int32_t> rows(values.size());
    for (std::size_t i = 0; i + 1 < named.row_ptr.size(); ++i)
      std::fill(rows.begin() + named.row_ptr[i], rows.begin() + named.row_ptr[i + 1], static_cast<std::int32_t>(i));
    std::vector<Visit<T>> visits;
    visits.reserve(values.size());
    for (const std::int64_t entry : schedule.entries) {
      const auto p = static_cast<std::size_t>(entry);
      visits.push_back({rows[p], named.cols[p], values[p]});
    }
    strata_.num_blocks = num_blocks;
    strata_.block_ptr = {backend_, schedule.block_ptr, "the blocks of the schedule"};
    strata_.visits = {backend_, visits, "the schedule"};
    strata_.row_paces = paces(rank, named.row_ptr, problem_.row_weights, "the paces of rows");
    strata_.col_paces =
        paces(rank, problem_.observations.by_col.row_ptr.download(), problem_.col_weights, "the paces of columns");
  }

  /// Eq. 42-43
  Buffer<Pace<T>, B> paces(int rank, const std::vector<std::int64_t>& row_ptr, const Buffer<T, B>& weights,
                           const char* purpose) {
    const std::vector<T> w = weights.download();
    const double values = problem_.value_rms > 0 ? problem_.value_rms : 1;
    std::vector<Pace<T>> all(row_ptr.size() - 1);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto count = static_cast<double>(row_ptr[i + 1] - row_ptr[i]);
      if (count == 0) continue;  // never visited
      all[i] = {static_cast<T>(1 / (values * std::sqrt(rank * count))),
                static_cast<T>(problem_.lambda * (w.empty() ? 1 : double{w[i]}) / count)};
    }
    return {backend_, all, purpose};
  }

  static std::vector<std::int32_t> columns_of(const Csr<T, B>& m) {
    if (m.narrow_col_idx.empty()) return m.col_idx.download();
    const std::vector<std::uint16_t> narrow = m.narrow_col_idx.download();
    return {narrow.begin(), narrow.end()};
  }
  static std::vector<T> values_of(const Csr<T, B>& m) {
    if (!m.values.empty()) return m.values.download();
    std::vector<T> values;
    const auto decode = [&](const auto& codes) {
      for (const auto code : codes) values.push_back(std::fma(m.code_step, T(code), m.code_offset));
    };
    m.codes8.empty() ? decode(m.codes16.download()) : decode(m.codes8.download());
    return values;
  }

  static constexpr double kFaster = 1.05, kSlower = 0.5;
  static constexpr int kMostSlowed = 12;

  B& backend_;
  Problem<T, B>& problem_;
  int epochs_;
  std::uint64_t seed_;
  double speed_;
  Gradient<T, B> gradient_;
  Factors<T, B> g_, kept_;
  Strata<T, B> strata_;
  std::uint32_t epoch_ = 0;
  std::optional<Measure> here_;  ///< the point between two calls
};

}  // namespace rankfill
