// SPDX-License-Identifier: Apache-2.0
#include "rankfill/tune.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <optional>

#include "bindings.hpp"
#include "interruptible.hpp"
#include "summary.hpp"

namespace rankfill::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

nb::dict point_dict(const TunePoint& point) {
  nb::dict d;
  d["rank"] = point.rank;
  d["weighting"] = point.weighting;
  d["regularization"] = point.regularization;
  d["rmse"] = point.rmse;
  d["standard_error"] = point.standard_error;
  d["train_rmse"] = point.train_rmse;
  d["iterations"] = point.iterations;
  d["passes"] = point.passes;
  d["seconds"] = point.seconds;
  d["settled"] = point.settled;
  d["collapsed"] = point.collapsed;
  d["refined"] = point.refined;
  return d;
}

std::string to_string(TuneTermination termination) {
  switch (termination) {
    case TuneTermination::finished: return "finished";
    case TuneTermination::stopped_by_callback: return "stopped_by_callback";
    case TuneTermination::interrupted: return "interrupted";
  }
  return "unknown";
}

nb::dict search_dict(const TuneResult& result) {
  nb::list points;
  for (const TunePoint& point : result.points) points.append(point_dict(point));
  nb::dict d;
  d["points"] = points;
  d["best"] = result.best;
  d["termination"] = to_string(result.termination);
  d["parts"] = result.parts;
  d["num_heldout"] = result.num_heldout;
  d["at_border"] = result.at_border;
  d["prepare_seconds"] = result.prepare_seconds;
  d["search_seconds"] = result.search_seconds;
  d["final_seconds"] = result.final_seconds;
  d["warnings"] = result.warnings;
  return d;
}

/// folds > 0: cross-validation; else the fraction is held out at random, or with `latest` by time.
nb::tuple run(const Entries& entries, const Options& solve_options, std::vector<int> ranks,
              std::vector<double> weightings, std::vector<double> regularizations, int folds, double fraction,
              bool latest, int refine, const Entries* validation, nb::object callback) {
  Listener listener(std::move(callback));
  TuneOptions options;
  options.solve = solve_options;
  options.solve.interrupt = &listener.interrupt();
  // Each iteration of each fit, so that Ctrl-C is seen soon.
  options.solve.callback = [&](const IterationSummary&) { return listener.look(); };
  options.ranks = std::move(ranks);
  options.weightings = std::move(weightings);
  options.regularizations = std::move(regularizations);
  options.refine = refine;
  if (folds > 0)
    options.holdout = Folds{folds};
  else if (latest)
    options.holdout = LatestHoldout{fraction};
  else
    options.holdout = RandomHoldout{fraction};
  options.callback = [&](const TuneProgress& progress) {
    return listener.tell([&] {
      nb::dict d = point_dict(progress.point);
      d["best"] = point_dict(progress.best);
      d["done"] = progress.done;
      d["planned"] = progress.planned;
      return d;
    });
  };
  std::optional<TuneResult> result;
  {
    nb::gil_scoped_release released;
    result = tune(entries, options, validation);
  }
  listener.finish();
  nb::dict told = search_dict(*result);
  return nb::make_tuple(std::move(result->result.model), to_dict(result->result.summary), told);
}

}  // namespace

void bind_tune(nb::module_& m) {
  m.def("tune", &run, "entries"_a, "options"_a, "ranks"_a, "weightings"_a, "regularizations"_a, "folds"_a, "fraction"_a,
        "latest"_a, "refine"_a, "validation"_a.none(), "callback"_a.none());
}

}  // namespace rankfill::python
