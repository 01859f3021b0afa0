// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "prepared.hpp"
#include "problem/choose.hpp"
#include "problem/host_problem.hpp"
#include "solve_device.hpp"
#include "solve_on.hpp"

namespace rankfill {

/// Changes nu, and with it the weights n_i^nu.
template <class T, Backend B>
void use_weighting(B& backend, Problem<T, B>& problem, double weighting) {
  if (problem.weighting == weighting) return;
  problem.weighting = weighting;
  const auto weights = [&](const Csr<T, B>& m, const char* purpose) {
    if (weighting == 0) return Buffer<T, B>();
    return Buffer<T, B>(backend, detail::count_weights<T>(m.row_ptr.download(), weighting), purpose);
  };
  problem.row_weights = weights(problem.observations.by_row, "the row weights");
  problem.col_weights = weights(problem.observations.by_col, "the column weights");
}

/// with_prepared() in scalar T on one backend.
template <class T, Backend B>
void with_prepared_in(B& backend, bool on_cpu, const Entries& train, const Options& options, const Entries* holdout,
                      const std::function<void(const PreparedData&)>& use) {
  auto problem = prepare_problem<T>(backend, train, options, holdout);
  int planned_rank = options.rank;
  const auto fit_along = [&](const Options& wanted, const Start* start, const PathLimits* path, PathEnd* end) {
    require_valid(wanted);
    if constexpr (B::kPlansRows) {
      if (wanted.rank != planned_rank) {
        for (Csr<T, B>* m : {&problem.observations.by_row, &problem.observations.by_col, &problem.holdout})
          if (m->num_entries > 0) add_row_plans(backend, m->row_ptr.download(), wanted.rank, *m);
        planned_rank = wanted.rank;
      }
    }
    use_weighting(backend, problem, wanted.weighting);
    problem.lambda = path ? 0 : wanted.regularization;
    Result result = fit_problem(backend, on_cpu, problem, wanted, start, path, end);
    name(result.model, train);
    return result;
  };
  const auto fit = [&](const Options& wanted, const Start* start) {
    return fit_along(wanted, start, nullptr, nullptr);
  };
  const auto follow = [&](const Options& wanted, const Start* start, const PathLimits& path, PathEnd& end) {
    return fit_along(wanted, start, &path, &end);
  };
  const auto automatic = [&](double weighting) {
    DataFacts facts = problem;
    facts.weighting = weighting;
    return rankfill::automatic_regularization(facts);
  };
  use({automatic, fit, follow});
}

/// with_prepared() on one backend: picks the scalar.
template <Backend B>
void with_prepared_on(B& backend, bool on_cpu, const Entries& train, const Options& options, const Entries* holdout,
                      const std::function<void(const PreparedData&)>& use) {
  choose_precision(options) == Precision::float64
      ? with_prepared_in<double>(backend, on_cpu, train, options, holdout, use)
      : with_prepared_in<float>(backend, on_cpu, train, options, holdout, use);
}

}  // namespace rankfill
