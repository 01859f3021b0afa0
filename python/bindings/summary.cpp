// SPDX-License-Identifier: Apache-2.0
#include "summary.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"

namespace rankfill::python {

namespace {

template <class T, class Row>
auto column(const std::vector<Row>& rows, T Row::*member) {
  std::vector<T> values;
  values.reserve(rows.size());
  for (const Row& row : rows) values.push_back(row.*member);
  return to_numpy(std::move(values));
}

nb::dict to_dict(const std::vector<IterationSummary>& history) {
  nb::dict d;
  d["iteration"] = column(history, &IterationSummary::iteration);
  d["objective"] = column(history, &IterationSummary::objective);
  d["relative_gradient"] = column(history, &IterationSummary::relative_gradient);
  d["train_rmse"] = column(history, &IterationSummary::train_rmse);
  d["holdout_rmse"] = column(history, &IterationSummary::holdout_rmse);
  d["passes"] = column(history, &IterationSummary::passes);
  d["seconds"] = column(history, &IterationSummary::seconds);
  return d;
}

}  // namespace

nb::dict to_dict(const IterationSummary& row) {
  nb::dict d;
  d["iteration"] = row.iteration;
  d["objective"] = row.objective;
  d["relative_gradient"] = row.relative_gradient;
  d["train_rmse"] = row.train_rmse;
  d["holdout_rmse"] = row.holdout_rmse;
  d["passes"] = row.passes;
  d["seconds"] = row.seconds;
  return d;
}

nb::dict to_dict(const Certificate& c) {
  nb::dict d;
  d["objective"] = c.objective;
  d["dual_objective"] = c.dual_objective;
  d["relative_gap"] = c.relative_gap;
  d["spectral_norm_ratio"] = c.spectral_norm_ratio;
  d["spectral_norm_bound"] = c.spectral_norm_bound;
  d["lanczos_steps"] = c.lanczos_steps;
  d["rank"] = c.rank;
  d["effective_rank"] = c.effective_rank;
  d["next_column_gain"] = c.next_column_gain;
  d["rank_too_small"] = c.rank_too_small;
  d["relative_gradient"] = c.relative_gradient;
  d["message"] = describe(c);
  return d;
}

nb::dict to_dict(const Recovery& r) {
  nb::dict d;
  d["verdict"] = std::string(to_string(r.verdict));
  d["rank"] = r.rank;
  d["rank_estimated"] = r.rank_estimated;
  d["paths"] = r.paths;
  d["oversampling"] = r.oversampling;
  d["train_residual"] = r.train_residual;
  d["check_residual"] = r.check_residual;
  d["num_checked"] = r.num_checked;
  d["undetermined_rows"] = r.undetermined_rows;
  d["undetermined_cols"] = r.undetermined_cols;
  d["singular_values"] = to_numpy(std::vector<double>(r.singular_values));
  d["message"] = describe(r);
  return d;
}

nb::dict to_dict(const Summary& s) {
  nb::dict d;
  d["termination"] = std::string(to_string(s.termination));
  d["message"] = s.message;
  d["objective"] = s.objective;
  d["relative_gradient"] = s.relative_gradient;
  d["train_rmse"] = s.train_rmse;
  d["holdout_rmse"] = s.holdout_rmse;
  d["iterations"] = s.iterations;
  d["passes"] = s.passes;
  d["prepare_seconds"] = s.seconds.prepare;
  d["solve_seconds"] = s.seconds.solve;
  d["finish_seconds"] = s.seconds.finish;
  d["num_rows"] = s.num_rows;
  d["num_cols"] = s.num_cols;
  d["num_entries"] = s.num_entries;
  d["empty_rows"] = s.empty_rows;
  d["empty_cols"] = s.empty_cols;
  d["value_rms"] = s.value_rms;
  d["regularization"] = s.regularization;
  d["solver"] = s.solver_used;
  d["solver_reason"] = s.solver_reason;
  d["precision"] = s.precision_used;
  d["formulation"] = s.formulation_used;
  d["device"] = s.device_used;
  d["device_bytes"] = s.device_bytes;
  d["warnings"] = s.warnings;
  d["certificate"] = s.certificate ? nb::object(to_dict(*s.certificate)) : nb::none();
  d["recovery"] = s.recovery ? nb::object(to_dict(*s.recovery)) : nb::none();
  d["history"] = to_dict(s.history);
  return d;
}

}  // namespace rankfill::python
