// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "problem/problem.hpp"
#include "rankfill/solve.hpp"
#include "solvers/als.hpp"
#include "solvers/gradient_descent.hpp"
#include "solvers/run.hpp"

namespace rankfill {

/// Options as JSON text, for the model file; `lambda` is the one used.
std::string options_to_json(const Options& options, double lambda);

/// One sentence about the end of a run.
std::string describe(const Summary& summary, const Options& options);

namespace detail {

// options struct -> solver: a new method adds its line here.
template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, int rank, const AlsOptions& options) {
  return Als<T, B>(backend, problem, rank, options);
}
template <class T, class B>
auto make_solver(B& backend, Problem<T, B>& problem, int rank, const GradientDescentOptions& options) {
  return GradientDescent<T, B>(backend, problem, rank, options);
}

template <class T>
std::vector<T> start_values(const FactorMatrix& given, std::int64_t num_rows, int rank, const char* field) {
  if (given.num_rows != num_rows || given.rank != rank)
    throw InvalidOption(field, std::to_string(given.num_rows) + " x " + std::to_string(given.rank),
                        "must be " + std::to_string(num_rows) + " x " + std::to_string(rank));
  return std::visit([](const auto& values) { return std::vector<T>(values.begin(), values.end()); }, given.values);
}

/// Fills the starting point: the caller's, or seeded random numbers.
template <class T, class B>
void fill_start(Factors<T, B>& at, const HostProblem& host, const Options& options, const Start* start) {
  if (start) {
    at.row.values.upload(start_values<T>(start->row_factors, at.row.num_rows, options.rank, "start.row_factors"));
    at.col.values.upload(start_values<T>(start->col_factors, at.col.num_rows, options.rank, "start.col_factors"));
  } else {
    at.row.values.upload(cast<T>(random_start(options.seed, 0, host.by_row.row_ptr, options.rank, host.value_rms)));
    at.col.values.upload(cast<T>(random_start(options.seed, 1, host.by_col.row_ptr, options.rank, host.value_rms)));
  }
}

}  // namespace detail

/// prepare -> solver -> run -> model, in scalar T on backend B.
template <class T, Backend B>
Result solve_in(B& backend, bool on_cpu, const Entries& train, const Options& options, const Entries* holdout,
                const Start* start) {
  const auto clock = [] { return std::chrono::steady_clock::now(); };
  const auto since = [&](auto begin) { return std::chrono::duration<double>(clock() - begin).count(); };
  Result result;
  Summary& summary = result.summary;

  const auto begin = clock();
  HostProblem host = prepare_on_host(train, options, holdout);
  const Formulation formulation = resolve(options.formulation, host.is_block);
  auto problem = upload_problem<T, B>(backend, host, options.rank, formulation, formulation == Formulation::scatter);
  if (options.precision == Precision::mixed) problem.gather = Gather::half;
  Factors<T, B> at(backend, problem.num_rows, problem.num_cols, options.rank, "the factors");
  detail::fill_start(at, host, options, start);
  host.by_row = host.by_col = host.holdout = {};  // the backend has them now
  summary.seconds.prepare = since(begin);

  std::visit(
      [&](const auto& method) {
        auto solver = detail::make_solver<T, B>(backend, problem, options.rank, method);
        Run<T, B, decltype(solver)>(backend, problem, solver, options, at, summary)();
      },
      options.solver);

  const auto end = clock();
  summary.num_rows = train.num_rows;
  summary.num_cols = train.num_cols;
  summary.num_entries = train.size();
  summary.empty_rows = host.empty_rows;
  summary.empty_cols = host.empty_cols;
  summary.value_rms = host.value_rms;
  summary.regularization = host.lambda;
  summary.solver_used = solver_name(options.solver);
  summary.formulation_used = to_string(formulation);
  summary.device_used = backend.name();
  summary.device_bytes = backend.peak_bytes();
  if (host.lambda == 0 && host.empty_rows + host.empty_cols > 0)
    summary.warnings.push_back("lambda = 0 and " + std::to_string(host.empty_rows) + " rows, " +
                               std::to_string(host.empty_cols) +
                               " columns have no entries: any factor fits them; theirs are zero");
  if (!on_cpu && formulation == Formulation::scatter)
    summary.warnings.push_back("formulation scatter on CUDA adds with atomics: bits vary from run to run");
  summary.message = describe(summary, options);

  Model& model = result.model;
  model.row_factors = {at.row.num_rows, options.rank, at.row.values.download()};
  model.col_factors = {at.col.num_rows, options.rank, at.col.values.download()};
  model.mean = host.centering.mean;
  model.row_bias = std::move(host.centering.row_bias);
  model.col_bias = std::move(host.centering.col_bias);
  model.row_ids = train.row_ids;
  model.col_ids = train.col_ids;
  model.options_json = options_to_json(options, host.lambda);
  summary.seconds.finish = since(end);
  return result;
}

/// solve() on one backend: picks the scalar.
template <Backend B>
Result solve_on(B& backend, bool on_cpu, const Entries& train, const Options& options, const Entries* holdout,
                const Start* start) {
  return options.precision == Precision::float64 ? solve_in<double>(backend, on_cpu, train, options, holdout, start)
                                                 : solve_in<float>(backend, on_cpu, train, options, holdout, start);
}

}  // namespace rankfill
