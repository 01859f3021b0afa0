// SPDX-License-Identifier: Apache-2.0
#include "rankfill/options.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "rankfill/error.hpp"
#include "solve_device.hpp"
#include "problem/choose.hpp"

namespace rankfill {

namespace {

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.17g", value);
  double shorter = 0;
  char brief[32];
  std::snprintf(brief, sizeof brief, "%g", value);
  std::sscanf(brief, "%lf", &shorter);
  return shorter == value ? brief : buffer;
}

bool can_end_recovery(const SolverOptions& solver) {
  return std::visit(
      []<class Method>(const Method&) { return ends_recovery<Method> || std::is_same_v<Method, AutoOptions>; }, solver);
}

/// Every violated rule, as the exceptions they would be.
std::vector<InvalidOption> violations(const Options& o) {
  std::vector<InvalidOption> found;
  const auto rule = [&](bool holds, const char* field, const std::string& value, const char* says) {
    if (!holds) found.emplace_back(field, value, says);
  };
  rule(o.rank >= 1 && o.rank <= 1024, "rank", std::to_string(o.rank), "must be 1..1024");
  rule(std::isfinite(o.regularization), "regularization", text(o.regularization),
       "must be a finite number (negative: automatic)");
  rule(!o.certificate || o.regularization != 0, "certificate", "true", "needs regularization > 0");
  rule(!o.grow_rank || o.regularization != 0, "grow_rank", "true", "needs regularization > 0");
  rule(o.weighting >= 0 && o.weighting <= 1, "weighting", text(o.weighting), "must be in [0, 1]");
  rule(o.bias_damping >= 0 && std::isfinite(o.bias_damping), "bias_damping", text(o.bias_damping), "must be >= 0");
  if (const auto* gd = std::get_if<GradientDescentOptions>(&o.solver))
    rule(gd->momentum >= 0 && gd->momentum < 1, "momentum", text(gd->momentum), "must be in [0, 1)");
  std::visit(
      [&](const auto& method) {
        if constexpr (requires { method.cg_steps; })
          rule(method.cg_steps >= -1 && method.cg_steps <= 1024, "cg_steps", std::to_string(method.cg_steps),
               "must be 0..1024, or -1 (automatic)");
        if constexpr (requires { method.memory; })
          rule(method.memory >= 0 && method.memory <= 100, "memory", std::to_string(method.memory), "must be 0..100");
        if constexpr (requires { method.inner_steps; })
          rule(method.inner_steps >= 1 && method.inner_steps <= 100, "inner_steps", std::to_string(method.inner_steps),
               "must be 1..100");
        if constexpr (requires { method.epochs; }) {
          rule(method.epochs >= 1 && method.epochs <= 1000, "epochs", std::to_string(method.epochs), "must be 1..1000");
          rule(method.step_size > 0 && std::isfinite(method.step_size), "step_size", text(method.step_size),
               "must be > 0");
        }
        if constexpr (requires { method.start_sweeps; })
          rule(method.start_sweeps >= 0, "start_sweeps", std::to_string(method.start_sweeps), "must be >= 0");
      },
      o.solver);
  rule(o.warm_up.sweeps >= 0, "warm_up", std::to_string(o.warm_up.sweeps), "must be >= 0");
  rule(o.warm_up.factor >= 1 && std::isfinite(o.warm_up.factor), "warm_up_factor", text(o.warm_up.factor),
       "must be >= 1");
  rule(o.warm_up.cg_steps >= -1 && o.warm_up.cg_steps <= 1024, "warm_up_cg_steps", std::to_string(o.warm_up.cg_steps),
       "must be 0..1024, or -1 (automatic)");
  rule(o.warm_up.sweeps <= 0 || o.regularization != 0, "warm_up", std::to_string(o.warm_up.sweeps),
       "needs regularization > 0");
  if (o.recover) {
    const RecoveryOptions& r = *o.recover;
    const char* driven = "must be automatic (negative): recovery drives lambda to 0";
    rule(o.regularization < 0, "regularization", text(o.regularization), driven);
    rule(o.weighting == 0, "weighting", text(o.weighting), "must be 0 for recovery");
    rule(!o.grow_rank, "grow_rank", "true", "does not go with recovery");
    rule(!o.certificate, "certificate", "true", "does not go with recovery, whose lambda is 0");
    rule(o.warm_up.sweeps == 0, "warm_up", std::to_string(o.warm_up.sweeps),
         "does not go with recovery, which has a path of lambda of its own");
    rule(o.precision == Precision::automatic || o.precision == Precision::float64, "precision",
         std::string(to_string(o.precision)), "must be float64 or automatic for recovery");
    rule(can_end_recovery(o.solver), "solver", std::string(solver_name(o.solver)),
         "must be auto, vp-lbfgs, nesterov-als or als for recovery");
    rule(r.tolerance > 0 && std::isfinite(r.tolerance), "recover_tolerance", text(r.tolerance), "must be > 0");
    rule(r.check_fraction >= 0 && r.check_fraction < 1, "check_fraction", text(r.check_fraction), "must be in [0, 1)");
  }
  rule(o.threads >= 0 && o.threads <= 1024, "threads", std::to_string(o.threads), "must be 0..1024 (0: all)");
  rule(o.max_iterations >= 0, "max_iterations", std::to_string(o.max_iterations), "must be >= 0");
  rule(o.gradient_tolerance >= 0, "gradient_tolerance", text(o.gradient_tolerance), "must be >= 0");
  rule(o.holdout_tolerance >= 0, "holdout_tolerance", text(o.holdout_tolerance), "must be >= 0");
  rule(o.patience >= 1, "patience", std::to_string(o.patience), "must be >= 1");
  return found;
}

}  // namespace

std::vector<std::string> validate(const Options& options) {
  std::vector<std::string> messages;
  for (const InvalidOption& violation : violations(options)) messages.emplace_back(violation.what());
  return messages;
}

void require_valid(const Options& options) {
  const auto found = violations(options);
  if (!found.empty()) throw found.front();
}

std::string_view to_string(Formulation f) {
  switch (f) {
    case Formulation::entries: return "entries";
    case Formulation::scatter: return "scatter";
    case Formulation::projection: return "projection";
    case Formulation::block: return "block";
    case Formulation::dense: return "dense";
    default: return "auto";
  }
}

std::string_view to_string(Init init) { return init == Init::random ? "random" : "sketch"; }
std::string_view to_string(Center c) { return c == Center::none ? "none" : c == Center::mean ? "mean" : "bias"; }

std::string_view to_string(Precision p) {
  switch (p) {
    case Precision::float32: return "float32";
    case Precision::float64: return "float64";
    case Precision::mixed: return "mixed";
    default: return "auto";
  }
}

namespace {
// One overload per method: a variant alternative without a name does not compile.
std::string_view name_of(const AutoOptions&) { return "auto"; }
std::string_view name_of(const AlsOptions&) { return "als"; }
std::string_view name_of(const GradientDescentOptions&) { return "gd"; }
std::string_view name_of(const VpLbfgsOptions&) { return "vp-lbfgs"; }
std::string_view name_of(const NesterovAlsOptions&) { return "nesterov-als"; }
std::string_view name_of(const AndersonAlsOptions&) { return "anderson-als"; }
std::string_view name_of(const SLbfgsOptions&) { return "s-lbfgs"; }
std::string_view name_of(const ScaledAsdOptions&) { return "scaled-asd"; }
std::string_view name_of(const NonlinearCgOptions&) { return "cg"; }
std::string_view name_of(const CcdOptions&) { return "ccd"; }
std::string_view name_of(const SgdOptions&) { return "sgd"; }

/// The alternative of that name, with its defaults; tries them in turn.
template <std::size_t alternative = 0>
std::optional<SolverOptions> solver_named(std::string_view name) {
  if constexpr (alternative < std::variant_size_v<SolverOptions>) {
    const std::variant_alternative_t<alternative, SolverOptions> method{};
    if (name_of(method) == name) return method;
    return solver_named<alternative + 1>(name);
  }
  return std::nullopt;
}

template <std::size_t... alternatives>
std::string all_solver_names(std::index_sequence<alternatives...>) {
  std::string names;
  const auto add = [&](std::string_view name, bool last) {
    names += (names.empty() ? "" : last ? " or " : ", ") + std::string(name);
  };
  (add(name_of(std::variant_alternative_t<alternatives, SolverOptions>{}), alternatives + 1 == sizeof...(alternatives)),
   ...);
  return names;
}
}  // namespace

std::string_view solver_name(const SolverOptions& solver) {
  return std::visit([](const auto& method) { return name_of(method); }, solver);
}

std::string solver_names() { return all_solver_names(std::make_index_sequence<std::variant_size_v<SolverOptions>>{}); }

Formulation parse_formulation(std::string_view name) {
  for (const auto f : {Formulation::automatic, Formulation::entries, Formulation::scatter, Formulation::projection,
                       Formulation::block, Formulation::dense})
    if (name == to_string(f)) return f;
  throw InvalidOption("formulation", std::string(name), "must be auto, entries, scatter, projection, block or dense");
}

Center parse_center(std::string_view name) {
  for (const auto c : {Center::none, Center::mean, Center::bias})
    if (name == to_string(c)) return c;
  throw InvalidOption("center", std::string(name), "must be none, mean or bias");
}

Init parse_init(std::string_view name) {
  for (const auto init : {Init::random, Init::sketch})
    if (name == to_string(init)) return init;
  throw InvalidOption("init", std::string(name), "must be random or sketch");
}

Precision parse_precision(std::string_view name) {
  for (const auto p : {Precision::automatic, Precision::float32, Precision::float64, Precision::mixed})
    if (name == to_string(p)) return p;
  throw InvalidOption("precision", std::string(name), "must be auto, float32, float64 or mixed");
}

SolverOptions parse_solver(std::string_view name) {
  if (const auto solver = solver_named(name)) return *solver;
  throw InvalidOption("solver", std::string(name), "must be " + solver_names());
}

double parse_weighting(std::string_view name) {
  if (name == "plain") return 0;
  if (name == "count") return 1;
  double nu = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), nu);
  if (error != std::errc{} || end != name.data() + name.size() || !(nu >= 0 && nu <= 1))
    throw InvalidOption("weighting", std::string(name), "must be plain, count, or a number in [0, 1]");
  return nu;
}

}  // namespace rankfill
