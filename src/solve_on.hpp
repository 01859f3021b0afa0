// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include "problem/choose.hpp"
#include "kernels/permute_rows.hpp"
#include "kernels/random_start.hpp"
#include "problem/prepare.hpp"
#include "rankfill/error.hpp"
#include "rankfill/solve.hpp"
#include "solvers/als.hpp"
#include "solvers/anderson_als.hpp"
#include "solvers/ccd.hpp"
#include "solvers/certificate.hpp"
#include "solvers/gradient_descent.hpp"
#include "solvers/lambda_path.hpp"
#include "solvers/nesterov_als.hpp"
#include "solvers/nonlinear_cg.hpp"
#include "solvers/run.hpp"
#include "solvers/s_lbfgs.hpp"
#include "solvers/scaled_asd.hpp"
#include "solvers/sketch.hpp"
#include "solvers/sgd.hpp"
#include "solvers/vp_lbfgs.hpp"
#include "solvers/warm_up.hpp"

namespace rankfill {

/// Options as JSON text, for the model file; `lambda` is the one used.
std::string options_to_json(const Options& options, double lambda);

/// One sentence about the end of a run.
std::string describe(const Summary& summary, const Options& options);

namespace detail {

// options struct -> solver: a new method adds its line here.
template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, const Options& options, const AlsOptions& method) {
  return Als<T, B>(backend, problem, options.rank, method);
}
template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, const Options& options, const GradientDescentOptions& method) {
  return GradientDescent<T, B>(backend, problem, options.rank, method);
}

template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, const Options& options, const VpLbfgsOptions& method) {
  return VpLbfgs<T, B>(backend, problem, options.rank, method);
}
template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, const Options& options, const NesterovAlsOptions& method) {
  return NesterovAls<T, B>(backend, problem, options.rank, method);
}
template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, const Options& options, const AndersonAlsOptions& method) {
  return AndersonAls<T, B>(backend, problem, options.rank, method);
}
template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, const Options& options, const SLbfgsOptions& method) {
  return SLbfgs<T, B>(backend, problem, options.rank, method);
}
template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, const Options& options, const ScaledAsdOptions& method) {
  return ScaledAsd<T, B>(backend, problem, options.rank, method);
}
template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, const Options& options, const NonlinearCgOptions& method) {
  return NonlinearCg<T, B>(backend, problem, options.rank, method);
}
template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, const Options& options, const CcdOptions& method) {
  return Ccd<T, B>(backend, problem, options.rank, method);
}
template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, const Options& options, const SgdOptions& method) {
  return Sgd<T, B>(backend, problem, options.rank, method, options.seed);
}

template <class T>
std::vector<T> start_values(const FactorMatrix& given, std::int64_t num_rows, int rank, const char* field) {
  if (given.num_rows != num_rows || given.rank != rank)
    throw InvalidOption(field, std::to_string(given.num_rows) + " x " + std::to_string(given.rank),
                        "must be " + std::to_string(num_rows) + " x " + std::to_string(rank));
  return std::visit([](const auto& values) { return std::vector<T>(values.begin(), values.end()); }, given.values);
}

/// Fills one factor with the caller's start, or with seeded random numbers.
template <class T, class B>
void fill_start(B& backend, const Problem<T, B>& problem, const Options& options, const Start* start, bool of_rows,
                Factor<T, B>& x) {
  const Buffer<std::int32_t, B>& order = of_rows ? problem.row_order : problem.col_order;
  if (start) {
    const auto values = of_rows ? start_values<T>(start->row_factors, x.num_rows, options.rank, "start.row_factors")
                                : start_values<T>(start->col_factors, x.num_rows, options.rank, "start.col_factors");
    if (order.empty()) return x.values.upload(values);
    Factor<T, B> given(backend, x.num_rows, x.rank, "the start");
    given.values.upload(values);
    rows_to_places(backend, order, given, x);
  } else {
    const Csr<T, B>& m = of_rows ? problem.observations.by_row : problem.observations.by_col;
    random_start(backend, options.seed, of_rows ? 0 : 1, m.row_ptr, order, problem.value_rms, x);
  }
}

/// The rows of a factor by index.
template <class T, class B>
FactorMatrix factor_by_index(B& backend, const Buffer<std::int32_t, B>& order, const Factor<T, B>& x) {
  if (order.empty()) return {x.num_rows, x.rank, x.values.download()};
  Factor<T, B> by_index(backend, x.num_rows, x.rank, "the result");
  rows_to_indices(backend, order, x, by_index);
  return {x.num_rows, x.rank, by_index.values.download()};
}

}  // namespace detail

/// prepare(), and what options say beyond the entries.  `train`, `holdout`: whatever prepare() takes.
template <class T, Backend B, class Given, class Holdout>
Problem<T, B> prepare_problem(B& backend, const Given& train, const Options& options, const Holdout& holdout) {
  auto problem = prepare<T>(backend, train, options, holdout);
  if (options.precision == Precision::mixed) problem.gather = Gather::half;
  return problem;
}

/// start -> solver -> run -> model, for a problem that was prepared: its lambda, not the options'.  The model has no ids.  The
/// seconds of preparing are those of the start.  With `path`, lambda falls along it, and `end` is filled; float64 only.
template <class T, Backend B>
Result fit_problem(B& backend, bool on_cpu, Problem<T, B>& problem, const Options& options, const Start* start,
                   const PathLimits* path = nullptr, PathEnd* end_of_path = nullptr) {
  const auto clock = [] { return std::chrono::steady_clock::now(); };
  const auto since = [&](auto begin) { return std::chrono::duration<double>(clock() - begin).count(); };
  Result result;
  Summary& summary = result.summary;

  const auto begin = clock();
  if (options.certificate && !(problem.lambda > 0))  // the automatic choice for values that are all the same
    throw InvalidOption("certificate", "true", "needs regularization > 0");
  Factors<T, B> at(backend, problem.num_rows, problem.num_cols, options.rank, "the factors");
  detail::fill_start(backend, problem, options, start, true, at.row);
  detail::fill_start(backend, problem, options, start, false, at.col);
  summary.seconds.prepare = since(begin);
  if (!start && options.init == Init::sketch) {
    const auto begun = clock();
    sketch_start(backend, problem, at);
    summary.passes = 2;
    summary.seconds.solve = since(begun);
  }

  const SolverChoice choice = choose_solver(options, on_cpu, problem.num_rows, problem.num_cols, problem.num_entries);
  std::visit(
      [&](const auto& method) {
        using Method = std::remove_cvref_t<decltype(method)>;
        if constexpr (!std::is_same_v<Method, AutoOptions>) {
          auto solver = detail::make_solver<T, B>(backend, problem, options, method);
          if (!path) {
            WarmUp<T, B, decltype(solver)> all(backend, problem, options.rank, options.warm_up, solver);
            return Run<T, B, decltype(all)>(backend, problem, all, options, at, summary)();
          }
          if constexpr (std::is_same_v<T, double> && ends_recovery<Method>) {
            LambdaPath<T, B, decltype(solver)> following(backend, problem, solver, *path);
            Run<T, B, decltype(following)>(backend, problem, following, options, at, summary)();
            end_of_path->singular_values = product_singular_values(at);
          }
        }
      },
      choice.solver);

  const auto end = clock();
  if (options.certificate && std::isfinite(summary.objective)) {
    auto certified = certify(backend, problem, at, summary.relative_gradient, options.seed);
    Certificate& certificate = summary.certificate.emplace(std::move(certified.certificate));
    if (const Factors<T, B>& next = certified.next; next.row.rank > 0) {
      certificate.next_row_columns = detail::factor_by_index(backend, problem.row_order, next.row);
      certificate.next_col_columns = detail::factor_by_index(backend, problem.col_order, next.col);
    }
  }
  summary.num_rows = problem.num_rows;
  summary.num_cols = problem.num_cols;
  summary.num_entries = problem.num_entries;
  summary.empty_rows = problem.empty_rows;
  summary.empty_cols = problem.empty_cols;
  summary.value_rms = problem.value_rms;
  summary.regularization = problem.lambda;
  summary.solver_used = solver_name(choice.solver);
  summary.solver_reason = choice.why;
  summary.precision_used = to_string(choose_precision(options));
  summary.formulation_used = to_string(problem.formulation);
  summary.device_used = backend.name();
  if (problem.lambda == 0 && problem.empty_rows + problem.empty_cols > 0)
    summary.warnings.push_back("lambda = 0 and " + std::to_string(problem.empty_rows) + " rows, " +
                               std::to_string(problem.empty_cols) +
                               " columns have no entries: any factor fits them; theirs are zero");
  if (!on_cpu && problem.formulation == Formulation::scatter)
    summary.warnings.push_back("formulation scatter on CUDA adds with atomics: bits vary from run to run");
  summary.message = describe(summary, options);

  Model& model = result.model;
  model.row_factors = detail::factor_by_index(backend, problem.row_order, at.row);
  model.col_factors = detail::factor_by_index(backend, problem.col_order, at.col);
  model.mean = problem.centering.mean;
  model.row_bias = problem.centering.row_bias;
  model.col_bias = problem.centering.col_bias;
  model.options_json = options_to_json(options, problem.lambda);
  summary.device_bytes = backend.peak_bytes();
  summary.seconds.finish = since(end);
  return result;
}

inline void name(Model& model, const Entries& train) {
  model.row_ids = train.row_ids;
  model.col_ids = train.col_ids;
}
inline void name(Model& model, const DeviceEntries& train) {
  model.row_ids = Ids::range(train.num_rows);
  model.col_ids = Ids::range(train.num_cols);
}

/// prepare -> solver -> run -> model, in scalar T on backend B.
template <class T, Backend B, class Given, class Holdout>
Result solve_in(B& backend, bool on_cpu, const Given& train, const Options& options, const Holdout& holdout,
                const Start* start) {
  const auto begin = std::chrono::steady_clock::now();
  auto problem = prepare_problem<T>(backend, train, options, holdout);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  Result result = fit_problem(backend, on_cpu, problem, options, start);
  name(result.model, train);
  result.summary.seconds.prepare += seconds;
  return result;
}

/// solve() on one backend: picks the scalar.
template <Backend B, class Given, class Holdout>
Result solve_on(B& backend, bool on_cpu, const Given& train, const Options& options, const Holdout& holdout,
                const Start* start) {
  return choose_precision(options) == Precision::float64
             ? solve_in<double>(backend, on_cpu, train, options, holdout, start)
             : solve_in<float>(backend, on_cpu, train, options, holdout, start);
}

}  // namespace rankfill
