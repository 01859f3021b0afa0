// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rankfill/device.hpp"
#include "rankfill/summary.hpp"

namespace rankfill {

/// Alternating least squares: exact row solves.  docs/math.md Eq. 12-13; Zhou et al. 2008 for the weighted form.
struct AlsOptions {
  /// Conjugate-gradient steps per row in place of an exact solve; 0: exact; -1: automatic, which is exact in float64 and up to
  /// rank 32 on CUDA, 16 on the CPU, and otherwise 3 steps, more, up to 24, for a row that is still far from solved.  Such warm
  /// steps take as many sweeps as exact solves.
  int cg_steps = -1;
};

/// Steepest descent with exact line search.  docs/math.md Eq. 14-16.
struct GradientDescentOptions {
  /// Heavy-ball weight of the previous direction, in [0, 1).  0 is plain steepest descent.
  double momentum = 0;
};

/// Variable projection: the factor with more rows is always solved, L-BFGS descends on the other.  docs/math.md Eq. 21, 24.
/// An iteration costs as much as an ALS sweep; to an accurate optimum it takes a tenth of them.  Keeps a triangle of
/// rank (rank + 1) / 2 numbers for each row of the smaller factor.
struct VpLbfgsOptions {
  /// Pairs of steps and gradient changes kept, 0..100.  0 is ALS.
  int memory = 5;
  /// ALS sweeps before the first step, >= 0.
  int start_sweeps = 0;
  /// As in AlsOptions, for the half that is solved.
  int cg_steps = -1;
};

/// ALS with Nesterov's extrapolation and restarts.  docs/math.md Eq. 21-22.  Next to no memory.
struct NesterovAlsOptions {
  int cg_steps = -1;  ///< as in AlsOptions
};

/// ALS with Anderson acceleration.  docs/math.md Eq. 21, 23.
struct AndersonAlsOptions {
  /// Differences of sweeps kept, 0..100.  0 is ALS.
  int memory = 5;
  int cg_steps = -1;  ///< as in AlsOptions
};

/// L-BFGS on both factors at once, preconditioned by their covariances.  docs/math.md Eq. 32-33.  Forms no row systems: for many
/// entries per row and a high rank, where the rank^2 flops per entry of ALS are what costs.
struct SLbfgsOptions {
  /// Pairs of steps and gradient changes kept, each as large as two points, 0..100.  0 is scaled steepest descent.
  int memory = 10;
};

/// Scaled alternating steepest descent: exact steps in one factor, then the other, along the preconditioned gradient.
/// docs/math.md Eq. 32, 34; Tanner, Wei 2016.  For recovery of a matrix of known rank from few entries.
struct ScaledAsdOptions {};

/// Nonlinear conjugate gradients on both factors, preconditioned by their covariances, exact line search.  docs/math.md
/// Eq. 32, 35.  Less memory than s-lbfgs, more passes.
struct NonlinearCgOptions {};

/// Cyclic coordinate descent by rank-one sweeps, CCD++.  docs/math.md Eq. 36-37; Yu, Hsieh, Si, Dhillon 2012.  Here to be raced
/// against: it solves no systems, but needs many more passes.  Keeps two residuals per entry.
struct CcdOptions {
  /// Steps on both halves of a rank-one term before the sweep goes to the next, 1..100.  More of them cost as much each, and
  /// spare sweeps.
  int inner_steps = 1;
};

/// Stochastic gradient descent on a schedule of blocks that share no row and no column, drawn from Options::seed; the speed rises
/// while the objective falls, and is halved when it does not.  docs/math.md Eq. 42-44; Gemulla, Haas, Nijkamp, Sismanis 2011.
/// Here to be raced against: near the optimum in few passes, at it in very many.  Keeps a third copy of the entries.
struct SgdOptions {
  /// Epochs, of two passes each, before the objective is measured, 1..1000.
  int epochs = 4;
  /// The first step along an entry, in units of Eq. 43.  > 0.
  double step_size = 1;
};

/// The method is chosen for the problem, and Summary::solver_reason says why: vp-lbfgs, which begins with ALS steps; s-lbfgs on the
/// CPU from rank 256 on where a quarter of all cells is observed; nesterov-als where the row systems that vp-lbfgs keeps would be
/// large beside the data, and on CUDA in float32 and mixed precision, where the half-sweeps of ALS run on tensor cores and those
/// systems would not.
struct AutoOptions {};

using SolverOptions =
    std::variant<AutoOptions, AlsOptions, GradientDescentOptions, VpLbfgsOptions, NesterovAlsOptions,
                 AndersonAlsOptions, SLbfgsOptions, ScaledAsdOptions, NonlinearCgOptions, CcdOptions, SgdOptions>;

/// How the gradient is evaluated; all agree to rounding.  docs/math.md Eq. 6-10.
enum class Formulation {
  automatic,  ///< block when the entries fill a block exactly; else entries
  entries,    ///< residual and row gradients entry by entry, every row owned by one worker; nothing is added atomically
  scatter,    ///< the same as a scatter-add over triplets (COO).  On CUDA: atomics, so bits vary from run to run
  projection,  ///< R = P o (M - U V'), then the products R V and R' U
  block,       ///< dense products on a block I x J that is observed entirely; InvalidOption if Omega is not one
  dense        ///< the same over all rows and columns with entries, what is not observed masked out: for dense data
};

/// docs/math.md Eq. 19, Eq. 45
enum class Init {
  random,  ///< normal numbers
  sketch,  ///< products of the data with normal numbers: two passes, which stand for the first sweeps
};

/// What is removed from the values before fitting, and added back by predict().  docs/math.md Eq. 11.
enum class Center {
  none,
  mean,  ///< the mean of the training values
  bias   ///< the mean and damped row and column biases
};

enum class Precision {
  automatic,  ///< float32, or float64 where gradient_tolerance asks for more than float32 can give: below 2e-6
  float32,
  float64,
  mixed  ///< float32, but ALS on CUDA fetches float16 copies of the factors: half the traffic.  On the CPU: float32
};

/// Exact recovery of a matrix of low rank from some of its entries, free of noise or nearly so.  docs/math.md Eq. 38-41.
/// ALS sweeps while lambda falls, then the solver at lambda = 0; always in float64.
struct RecoveryOptions {
  /// Find the rank: the smallest that fits.  Options::rank is then the largest one tried.
  bool estimate_rank = false;
  /// The entries count as fitted when |P(M - U V^T)| <= tolerance |P(M)|.  > 0; below 1e-14 rounding is in the way.
  double tolerance = 1e-12;
  /// The share of the entries, chosen by Options::seed, that is not fitted and tells afterwards whether the rest of the matrix
  /// came out right.  In [0, 1); 0: none, and no verdict.  Where held-out data are given, they do it.
  double check_fraction = 0.01;
  /// Takes the place of Options::center: removing the mean adds one to the rank.
  Center center = Center::none;
};

/// Sweeps of ALS with a larger lambda before the solver begins.  docs/math.md, "Warm-up".  They change where the solver starts, not
/// what it minimises.  With held-out data, where the best point is returned, that is often a better model in fewer sweeps: the
/// strong directions are right before the weak ones begin to fit noise.
struct WarmUpOptions {
  int sweeps = 0;     ///< >= 0; 0: none
  double factor = 4;  ///< times lambda.  >= 1
  int cg_steps = -1;  ///< as in AlsOptions
};

/// What a callback wants next.
enum class CallbackAction { proceed, stop };

/// Everything solve() can be told.  docs/math.md gives the formulas.
struct Options {
  /// k, the number of columns of U and V.  1..1024.
  int rank = 32;

  /// lambda >= 0 in Eq. 1, in the units of value (for `weighting` 0: times sqrt of a count).  A negative value means
  /// "automatic": a rule of thumb from the spread of the values and the counts per row and column (Eq. 4).  Raise it
  /// when held-out RMSE rises during the iterations.
  double regularization = -1;

  /// nu in [0, 1]: row i is regularised with lambda * n_i^nu, n_i its number of entries.  0 is the plain objective, 1 the
  /// *weighted* one (lambda * n_i) that LIBMF, Spark and most others minimise.  The same lambda means different problems.
  double weighting = 0;

  Center center = Center::mean;
  /// Damping of the biases: a row with n entries keeps n / (n + bias_damping) of its mean offset.  >= 0.
  double bias_damping = 5;

  SolverOptions solver = AutoOptions{};
  /// Counts in max_iterations.  Needs lambda > 0.
  WarmUpOptions warm_up{};
  Formulation formulation = Formulation::automatic;

  Device device{};
  Precision precision = Precision::automatic;
  /// CPU threads, at most 1024; 0 means all the process may use.  The result does not depend on it.
  int threads = 0;

  /// Where the factors start, unless a `Start` is given.
  Init init = Init::random;
  /// Seeds the starting factors and the schedule of sgd.  Same seed, same bits.
  std::uint64_t seed = 0;

  /// >= 0.  0 returns the starting point.
  int max_iterations = 100;
  /// Stop when |grad F| <= gradient_tolerance * |Lambda (U,V)| (Eq. 5).  >= 0; 0 turns the test off.
  double gradient_tolerance = 1e-4;
  /// With held-out data: stop when its RMSE has not improved by this fraction for `patience` iterations, and return the
  /// best point seen.  >= 0.
  double holdout_tolerance = 1e-4;
  /// >= 1.  A very large value turns the test off (the best point is still what is returned).
  int patience = 5;
  /// true: held-out data stops the solver early and the point with the lowest RMSE is returned.  false: it only reports,
  /// and the last point is returned.  No effect without held-out data.
  bool keep_best = true;

  /// Measure how far the returned point is from the global optimum over all ranks: Summary::certificate, docs/math.md Eq. 25-31.
  /// Needs lambda > 0.  Costs about 100 to 400 products with the residual matrix, once.
  bool certificate = false;

  /// Take `rank` for a first guess that may be too small: whenever the certificate says so, append the columns it gives and go on,
  /// until the gap is at most 1e-3 or the rank is 1024.  `max_iterations` bounds the iterations at all ranks together.  Stops
  /// where held-out data stops the solver.  Implies `certificate`; needs lambda > 0.
  bool grow_rank = false;

  /// Recover the matrix exactly: Summary::recovery.  lambda and the precision are then no choices: `regularization` and
  /// `precision` stay automatic, `weighting` is 0, `center` and `gradient_tolerance` mean nothing, and held-out data stop nothing.
  /// What follows the path is `solver`: vp-lbfgs (auto), nesterov-als or als.
  std::optional<RecoveryOptions> recover{};

  /// Called after each iteration with its row of the table; may stop the solver.
  std::function<CallbackAction(const IterationSummary&)> callback{};
  /// When it becomes true the solver stops after the current iteration.
  const std::atomic<bool>* interrupt = nullptr;
};

/// Every violated rule, as "field = value: rule".  Empty: the options are valid.
std::vector<std::string> validate(const Options& options);

// Names as the command line and the model file spell them; parse_* throw InvalidOption on anything else.
std::string_view to_string(Formulation);
std::string_view to_string(Center);
std::string_view to_string(Init);
std::string_view to_string(Precision);
std::string_view solver_name(const SolverOptions&);
/// All of them, as in "als, gd or ...".
std::string solver_names();
Formulation parse_formulation(std::string_view);
Center parse_center(std::string_view);
Init parse_init(std::string_view);
Precision parse_precision(std::string_view);
SolverOptions parse_solver(std::string_view);
/// "plain" -> 0, "count" -> 1, or a number in [0, 1].
double parse_weighting(std::string_view);

}  // namespace rankfill
