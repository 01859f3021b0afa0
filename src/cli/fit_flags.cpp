// SPDX-License-Identifier: Apache-2.0
#include "cli/fit_flags.hpp"

#include <charconv>
#include <cmath>

#include "rankfill/error.hpp"

namespace rankfill::cli {

namespace {

double parse_regularization(const std::string& text) {
  if (text == "auto") return -1;
  double lambda = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), lambda);
  if (error != std::errc{} || end != text.data() + text.size() || !(lambda >= 0) || !std::isfinite(lambda)) {
    throw InvalidOption("regularization", text, "must be a number >= 0, or auto");
  }
  return lambda;
}

/// Throws the first violation, which validate() gives as "field = value: rule".
void require_valid_options(const Options& options) {
  const auto messages = validate(options);
  if (messages.empty()) return;
  const std::string& message = messages.front();
  const std::size_t equals = message.find(" = "), colon = message.find(": ", equals);
  throw InvalidOption(message.substr(0, equals), message.substr(equals + 3, colon - equals - 3),
                      message.substr(colon + 2));
}

/// CLI11 wraps numbers that are too large around.
std::string is_seed(const std::string& text) {
  std::uint64_t seed = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seed);
  return error == std::errc{} && stop == end ? "" : "must be a whole number from 0 to 2^64 - 1, not " + text;
}

}  // namespace

void SolveFlags::add_problem(CLI::App& parser) {
  const char* group = "Problem";
  parser.add_option("--rank,-k", defaults.rank, "Columns of each factor, 1..1024")
      ->type_name("N")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option(
          "--regularization,-l", regularization,
          "lambda >= 0, or auto: a rule of thumb from the spread of the values and the counts per row and column. "
          "Raise it when held-out RMSE rises again")
      ->type_name("LAMBDA")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option(
          "--weighting", weighting,
          "What lambda means for a row with n entries: plain, lambda itself; count, lambda * n, as LIBMF, Spark and "
          "most papers have it; or nu in [0, 1], lambda * n^nu. The same lambda is another problem under each")
      ->type_name("plain|count|NU")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option("--center", center,
                  "Removed before fitting and added back: none, mean, or bias (mean, row and column biases)")
      ->type_name("none|mean|bias")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option("--bias-damping", defaults.bias_damping,
                  "With --center bias: a row with n entries keeps n / (n + damping) of its mean offset")
      ->type_name("NUMBER")
      ->group(group)
      ->capture_default_str();
  parser.add_option("--seed", defaults.seed, "Seeds the starting factors, the schedule of sgd and the random hold-out")
      ->check(is_seed)
      ->type_name("N")
      ->group(group)
      ->capture_default_str();

  group = "Machine";
  parser.add_option("--device", device, "auto (the first CUDA device, else the CPU), cpu, cuda or cuda:N")
      ->type_name("NAME")
      ->group(group)
      ->capture_default_str();
  parser.add_option("--threads,-t", defaults.threads, "CPU threads; 0: all. Does not change the result")
      ->type_name("N")
      ->group(group)
      ->capture_default_str();
}

void SolveFlags::add_method(CLI::App& parser) {
  parser_ = &parser;
  parser.get_option("--rank")
      ->description(
          "Columns of each factor, 1..1024; or auto: begin with 8 and add columns until the certificate closes "
          "(needs lambda > 0)")
      ->type_name("N|auto")
      ->transform([this](const std::string& text) {
        defaults.grow_rank = text == "auto";
        return defaults.grow_rank ? std::string("8") : text;
      });
  const char* group = "Method";
  parser
      .add_option(
          "--solver", solver,
          "auto: vp-lbfgs where it fits, else nesterov-als or s-lbfgs; als: alternating least squares; vp-lbfgs: "
          "the larger factor always solved, L-BFGS on the other, for "
          "an accurate optimum; nesterov-als, anderson-als: accelerated ALS, with less memory; s-lbfgs, "
          "scaled-asd, cg: without row systems, scaled by the factors' covariances; gd: steepest descent with "
          "exact line search; ccd: coordinate descent; sgd: stochastic gradient descent")
      ->type_name("NAME")
      ->group(group)
      ->capture_default_str();
  parser.add_option("--momentum", momentum, "With --solver gd: weight of the previous direction, in [0, 1)")
      ->type_name("NUMBER")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option(
          "--cg-steps", cg_steps,
          "With ALS, its accelerated forms, vp-lbfgs or --warm-up: conjugate-gradient steps per row in place of "
          "an exact solve; 0: exact; -1: automatic")
      ->type_name("N")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option("--inner-steps", inner_steps,
                  "With --solver ccd: steps on a rank-one term before the sweep goes to the next, 1..100")
      ->type_name("N")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option(
          "--warm-up", defaults.warm_up.sweeps,
          "ALS sweeps with a larger lambda before the solver begins: with held-out data often a better model in "
          "less time")
      ->type_name("N")
      ->group(group)
      ->capture_default_str();
  parser.add_option("--warm-up-factor", defaults.warm_up.factor, "With --warm-up: that much larger, >= 1")
      ->type_name("NUMBER")
      ->group(group)
      ->capture_default_str();
  parser.add_option("--warm-up-cg-steps", warm_up_cg_steps, "With --warm-up: --cg-steps of its sweeps, if another")
      ->type_name("N")
      ->group(group);
  parser
      .add_option("--init", init,
                  "Where the factors start: random numbers, or a sketch, products of the data with such; with held-out "
                  "data often a sweep or two less")
      ->type_name("NAME")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option(
          "--formulation", formulation,
          "How the gradient is computed: entries, scatter, projection, dense, or block (only for a block that is "
          "observed entirely). All agree to rounding; auto takes the fastest reproducible one")
      ->type_name("NAME")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option("--precision", precision,
                  "float32, float64, mixed (float32 that fetches float16 copies on CUDA), or auto: float64 where "
                  "--gradient-tolerance is below 2e-6, else float32; "
                  "sums over the data are float64 in all")
      ->type_name("NAME")
      ->group(group)
      ->capture_default_str();
  parser.add_option("--max-iterations,-n", defaults.max_iterations, "At most this many; 0 keeps the starting point")
      ->type_name("N")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option("--gradient-tolerance", defaults.gradient_tolerance,
                  "Stop when the relative gradient is at most this; 0: never")
      ->type_name("NUMBER")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option("--holdout-tolerance", defaults.holdout_tolerance,
                  "With --holdout or --holdout-time: stop when the held-out RMSE has not improved by this fraction ...")
      ->type_name("NUMBER")
      ->group(group)
      ->capture_default_str();
  parser.add_option("--patience", defaults.patience, "... for this many iterations")
      ->type_name("N")
      ->group(group)
      ->capture_default_str();
  parser
      .add_flag("--certificate", defaults.certificate,
                "Say how far the result is from the global optimum over all ranks, and whether the rank is too small. "
                "Needs lambda > 0")
      ->group(group);

  group = "Exact recovery";
  parser
      .add_flag(
          "--recover", recover,
          "The data are free of noise, or nearly, and of low rank: find the matrix they come from. float64, lambda "
          "driven to 0, nothing centred unless --center says so; the rank is looked for unless --rank gives it. "
          "Says whether entries that were kept apart came out right")
      ->group(group);
  parser
      .add_option("--recover-tolerance", recovery.tolerance,
                  "The entries count as fitted when their residual is at most this part of the data")
      ->type_name("NUMBER")
      ->group(group)
      ->capture_default_str();
  parser
      .add_option("--check-fraction", recovery.check_fraction,
                  "Share of the entries kept apart, unless --test or --holdout does; 0: none, and no verdict")
      ->type_name("FRACTION")
      ->group(group)
      ->capture_default_str();
}

void SolveFlags::set_recovery(Options& options) const {
  constexpr int largest_rank = 64, most_iterations = 1000;
  for (const char* flag : {"--recover-tolerance", "--check-fraction"})
    if (!recover && is_given(flag))
      throw InvalidOption(flag + 2, parser_->get_option(flag)->results().back(), "belongs to --recover");
  if (!recover) return;
  RecoveryOptions& r = options.recover.emplace(recovery);
  r.center = options.center = is_given("--center") ? options.center : Center::none;
  r.estimate_rank = options.grow_rank || !is_given("--rank");
  if (r.estimate_rank) options.rank = largest_rank;
  options.grow_rank = false;
  if (!is_given("--max-iterations")) options.max_iterations = most_iterations;
  for (const char* flag : {"--gradient-tolerance", "--holdout-tolerance", "--patience"})
    if (is_given(flag))
      throw InvalidOption(flag + 2, parser_->get_option(flag)->results().back(), "means nothing to --recover");
}

Options SolveFlags::options() const {
  Options options = defaults;
  options.regularization = parse_regularization(regularization);
  options.weighting = parse_weighting(weighting);
  options.center = parse_center(center);
  options.init = parse_init(init);
  options.solver = parse_solver(solver);
  if (auto* descent = std::get_if<GradientDescentOptions>(&options.solver)) {
    descent->momentum = momentum;
  } else if (momentum != 0) {
    throw InvalidOption("momentum", std::to_string(momentum), "belongs to --solver gd");
  }
  if (auto* coordinates = std::get_if<CcdOptions>(&options.solver)) {
    coordinates->inner_steps = inner_steps;
  } else if (inner_steps != CcdOptions{}.inner_steps) {
    throw InvalidOption("inner_steps", std::to_string(inner_steps), "belongs to --solver ccd");
  }
  if (warm_up_cg_steps && options.warm_up.sweeps == 0)
    throw InvalidOption("warm_up_cg_steps", std::to_string(*warm_up_cg_steps), "belongs to --warm-up");
  options.warm_up.cg_steps = warm_up_cg_steps.value_or(cg_steps);
  const bool takes_steps = std::visit(
      [&](auto& method) {
        if constexpr (requires { method.cg_steps; }) method.cg_steps = cg_steps;
        return requires { method.cg_steps; };
      },
      options.solver);
  if (cg_steps != AlsOptions{}.cg_steps && !takes_steps && options.warm_up.sweeps == 0)
    throw InvalidOption("cg_steps", std::to_string(cg_steps),
                        "belongs to ALS, its accelerated forms, vp-lbfgs or --warm-up");
  options.formulation = parse_formulation(formulation);
  options.precision = parse_precision(precision);
  options.device = parse_device(device);
  if (parser_) set_recovery(options);
  // as the flags are spelled, not the fields
  if (options.grow_rank && options.regularization == 0)
    throw InvalidOption("rank", "auto", "needs a --regularization above 0");
  require_valid_options(options);
  return options;
}

}  // namespace rankfill::cli
