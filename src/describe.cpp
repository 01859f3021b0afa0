// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstring>

#include "solve_on.hpp"

namespace rankfill {

std::string_view to_string(Termination t) {
  switch (t) {
    case Termination::gradient_tolerance: return "gradient_tolerance";
    case Termination::holdout_tolerance: return "holdout_tolerance";
    case Termination::fitted: return "fitted";
    case Termination::max_iterations: return "max_iterations";
    case Termination::no_progress: return "no_progress";
    case Termination::stopped_by_callback: return "stopped_by_callback";
    case Termination::interrupted: return "interrupted";
    case Termination::breakdown: return "breakdown";
  }
  return "unknown";
}

std::string describe(const Summary& s, const Options& o) {
  const auto format = [](const char* pattern, auto... values) {
    char buffer[256];
    std::snprintf(buffer, sizeof buffer, pattern, values...);
    return std::string(buffer);
  };
  const std::string after = " after " + std::to_string(s.iterations) + " iterations";
  switch (s.termination) {
    case Termination::gradient_tolerance:
      return "Converged" + after + format(": relative gradient %.2e <= %g.", s.relative_gradient, o.gradient_tolerance);
    case Termination::holdout_tolerance:
      return "Stopped" + after +
             format(": held-out RMSE has not improved by %g in %d iterations; the best point is returned.",
                    o.holdout_tolerance, o.patience);
    case Termination::fitted:
      return "Fitted" + after + format(": the training residual is %.1e of the data.", s.train_rmse / s.value_rms);
    case Termination::max_iterations:
      return "Stopped" + after + format(", the most allowed; relative gradient %.2e.", s.relative_gradient);
    case Termination::no_progress:
      return "Stopped" + after + ": no step lowers the objective further in this precision.";
    case Termination::stopped_by_callback: return "Stopped" + after + " by the callback.";
    case Termination::interrupted: return "Interrupted" + after + ".";
    case Termination::breakdown:
      return "Broke down" + after + ": a step was not finite; the last finite point is returned.";
  }
  return "";
}

std::string options_to_json(const Options& o, double lambda) {
  char numbers[640];
  std::snprintf(numbers, sizeof numbers,
                "\"rank\": %d, \"regularization\": %.17g, \"weighting\": %.17g, \"bias_damping\": %.17g, "
                "\"seed\": %llu, \"max_iterations\": %d, \"gradient_tolerance\": %.17g, \"holdout_tolerance\": %.17g, "
                "\"patience\": %d",
                o.rank, lambda, o.weighting, o.bias_damping, static_cast<unsigned long long>(o.seed), o.max_iterations,
                o.gradient_tolerance, o.holdout_tolerance, o.patience);
  const auto name = [](const char* key, std::string_view value) {
    return ", \"" + std::string(key) + "\": \"" + std::string(value) + "\"";
  };
  if (o.warm_up.sweeps > 0) {
    const std::size_t length = std::strlen(numbers);
    std::snprintf(numbers + length, sizeof numbers - length, ", \"warm_up\": %d, \"warm_up_factor\": %.17g",
                  o.warm_up.sweeps, o.warm_up.factor);
  }
  std::string json = "{";
  json += numbers;
  json += name("center", to_string(o.center));
  json += name("init", to_string(o.init));
  json += name("solver", solver_name(o.solver));
  json += name("formulation", to_string(o.formulation));
  json += name("precision", to_string(o.precision));
  return json + "}";
}

}  // namespace rankfill
