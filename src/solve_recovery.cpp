// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "prepared.hpp"
#include "problem/start.hpp"
#include "problem/host_problem.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"
#include "rounds.hpp"
#include "solve_device.hpp"
#include "solve_on.hpp"

namespace rankfill {

namespace {

/// Above this, a path that does not recover the matrix is rare.  docs/math.md Eq. 40
constexpr double kSafeOversampling = 2.4;

struct Counts {
  std::vector<std::int64_t> of_rows, of_cols;
  explicit Counts(const Entries& e)
      : of_rows(static_cast<std::size_t>(e.num_rows)), of_cols(static_cast<std::size_t>(e.num_cols)) {
    for (const std::int32_t i : e.rows) ++of_rows[static_cast<std::size_t>(i)];
    for (const std::int32_t j : e.cols) ++of_cols[static_cast<std::size_t>(j)];
  }
  std::int64_t rows() const { return at_least(of_rows, 1); }
  std::int64_t cols() const { return at_least(of_cols, 1); }
  static std::int64_t at_least(const std::vector<std::int64_t>& counts, std::int64_t least) {
    return std::count_if(counts.begin(), counts.end(), [&](std::int64_t count) { return count >= least; });
  }
};

/// docs/math.md Eq. 38
double oversampling(const Counts& counts, std::int64_t num_entries, int rank) {
  return static_cast<double>(num_entries) / (rank * static_cast<double>(counts.rows() + counts.cols() - rank));
}

/// Entries fitted, and entries that judge.
struct Parts {
  const Entries* train;
  const Entries* check;  ///< null: none

  Parts(const Entries& entries, const Options& options, const Entries* holdout) : train(&entries), check(holdout) {
    const double fraction = options.recover->check_fraction;
    if (holdout || fraction == 0) return;
    validate_entries(entries, false);
    try {
      split_ = split_by_fraction(entries, fraction, options.seed);
    } catch (const InvalidData&) {  // a part would be empty: then nothing is held out
      return;
    }
    train = &split_->train;
    check = &split_->holdout;
    resolve_duplicates(split_->holdout, Duplicates::error);  // those of the other part are found where it is prepared
  }
  Parts(const Parts&) = delete;

 private:
  std::optional<Split> split_;
};

/// |P(M - U V^T)| / |P(M)| over the entries whose row and column have enough entries to be determined.
void measure_check(const Entries& check, const Counts& counts, const Model& model, Recovery& r) {
  double squares = 0, of_data = 0;
  for (std::size_t p = 0; p < check.values.size(); ++p) {
    const std::int32_t i = check.rows[p], j = check.cols[p];
    const auto enough = [&](const std::vector<std::int64_t>& of, std::int32_t index) {
      return index >= 0 && of[static_cast<std::size_t>(index)] >= r.rank;
    };
    if (!enough(counts.of_rows, i) || !enough(counts.of_cols, j)) continue;
    const double error = check.values[p] - model.predict(i, j), value = check.values[p] - model.mean;
    squares += error * error;
    of_data += value * value;
    ++r.num_checked;
  }
  if (r.num_checked > 0) r.check_residual = squares == 0 ? 0 : std::sqrt(squares / of_data);
}

/// docs/math.md Eq. 40
RecoveryVerdict verdict_of(const Recovery& r, double tolerance) {
  constexpr double as_well = 10, noise = 1e-2;
  const bool fitted = r.train_residual <= 2 * tolerance;  // the last step rounds
  if (r.num_checked == 0) return fitted ? RecoveryVerdict::unchecked : RecoveryVerdict::not_recovered;
  if (!(r.check_residual <= as_well * std::max(r.train_residual, tolerance))) return RecoveryVerdict::not_recovered;
  if (fitted) return RecoveryVerdict::recovered;
  return r.check_residual <= noise ? RecoveryVerdict::noisy : RecoveryVerdict::not_recovered;
}

/// Fills in what is to be said of the point that a path came to.
void judge(const Parts& parts, const RecoveryOptions& options, const PathEnd& end, Result& result) {
  Summary& s = result.summary;
  const Counts counts(*parts.train);
  Recovery& r = s.recovery.emplace();
  r.rank = result.model.rank();
  r.oversampling = oversampling(counts, s.num_entries, r.rank);
  r.train_residual = s.value_rms > 0 ? s.train_rmse / s.value_rms : 0;
  r.undetermined_rows = s.num_rows - Counts::at_least(counts.of_rows, r.rank);
  r.undetermined_cols = s.num_cols - Counts::at_least(counts.of_cols, r.rank);
  r.singular_values = end.singular_values;
  if (parts.check) measure_check(*parts.check, counts, result.model, r);
  r.verdict = verdict_of(r, options.tolerance);
  if (s.termination == Termination::no_progress && r.train_residual <= 2 * options.tolerance)
    s.termination = Termination::fitted;
}

void add_warnings(Summary& s) {
  const Recovery& r = *s.recovery;
  if (r.verdict == RecoveryVerdict::not_recovered || r.verdict == RecoveryVerdict::unchecked) {
    char low[160] = "";
    if (r.oversampling < kSafeOversampling)
      std::snprintf(low, sizeof low,
                    "oversampling %.3g is below %.3g, where a matrix of rank %d may not be the only one that fits, or "
                    "not be found",
                    r.oversampling, kSafeOversampling, r.rank);
    if (*low) s.warnings.emplace_back(low);
  }
  if (r.undetermined_rows + r.undetermined_cols > 0)
    s.warnings.push_back(std::to_string(r.undetermined_rows) + " rows, " + std::to_string(r.undetermined_cols) +
                         " columns have fewer entries than the rank: theirs are not determined by the data");
}

bool settled(RecoveryVerdict verdict) {
  return verdict == RecoveryVerdict::recovered || verdict == RecoveryVerdict::unchecked;
}

/// Paths of lambda over data that are prepared once, each told as a continuation of those before.
class Recoverer {
 public:
  Recoverer(const Parts& parts, const Options& options, const PreparedData& data)
      : parts_(parts), options_(options), recovery_(*options.recover), data_(data), round_(options) {
    round_.center = recovery_.center;
    round_.precision = Precision::float64;
    round_.gradient_tolerance = 0;
    round_.keep_best = false;
    round_.callback = callback_after(before_, options_);
  }

  /// At one rank; at a smaller one when the singular values show that columns are idle, and that fits.
  Result at_rank(int rank) {
    constexpr double vanishing = 1e-6;
    Result fitted = from_the_seed(rank);
    if (stopped(fitted)) return fitted;
    const int used =
        columns_used(*fitted.summary.recovery, settled(fitted.summary.recovery->verdict) ? vanishing : kIdle);
    if (used == rank) return fitted;
    Result smaller = from_the_seed(used);
    return stopped(smaller) || settled(smaller.summary.recovery->verdict) ? std::move(smaller) : std::move(fitted);
  }

  /// The rank grows, each round going on from the last, until one fits.  docs/math.md Eq. 41
  Result at_unknown_rank() {
    constexpr double least_oversampling = 1.2, noise = 1e-2, improvement = 0.9;
    constexpr int patience = 3;
    PathLimits limits{.tolerance = recovery_.tolerance, .least_fall = 0.6, .patience = 2};
    Result result = follow(1, nullptr, limits);
    int best_rank = 1, rounds_without = 0, tried = 0;
    double best = score(result);
    for (int rank = 1;;) {
      const Recovery& r = *result.summary.recovery;
      if (stopped(result) || settled(r.verdict)) return result;
      if (const int used = columns_used(r, kIdle); used < rank && used > tried) {
        tried = used;
        Result smaller = from_the_seed(used);
        if (stopped(smaller) || settled(smaller.summary.recovery->verdict)) return smaller;
      }
      const int next = rank + std::max(1, rank / 8);
      if (rounds_without >= patience || next > options_.rank || oversampling(next) < least_oversampling) break;
      const Start start = grown(result, next);
      limits.first_lambda = first_lambda(result.summary);
      result = follow(next, &start, limits);
      rank = next;
      const bool better = score(result) < improvement * best;
      rounds_without = better || result.summary.recovery->train_residual > noise ? 0 : rounds_without + 1;
      if (better) best = score(result), best_rank = rank;
    }
    return best_rank == result.model.rank() ? std::move(result) : from_the_seed(best_rank);
  }

  /// What all paths cost together, whichever led to the result.
  void count_all(Summary& s) const {
    s.iterations = before_.iterations;
    s.passes = before_.passes;
    s.seconds = before_.seconds;
    s.history = before_.history;
    s.recovery->paths = paths_;
  }

 private:
  static constexpr double kIdle = 0.1;

  /// Columns before the widest gap between singular values, if one is at most `idle` times the one before it; else all.
  static int columns_used(const Recovery& r, double idle) {
    const std::vector<double>& values = r.singular_values;
    int used = r.rank;
    const double rounding = 1e-8 * values.front();  // that of the singular values
    for (std::size_t i = 1; i < values.size(); ++i)
      if (const double ratio = std::max(values[i], rounding) / std::max(values[i - 1], rounding); ratio < idle) {
        idle = ratio;
        used = static_cast<int>(i);
      }
    return used;
  }

  /// Down a steep path, and down gentler ones when that does not do it.
  Result from_the_seed(int rank) {
    constexpr int most_paths = 3;
    constexpr double steep = 0.5, gentle = 0.7, roomy = 3;
    std::optional<Result> best;
    PathLimits limits{
        .ratio = oversampling(rank) < roomy ? gentle : steep, .tolerance = recovery_.tolerance, .least_fall = 0.99};
    for (int path = 0; path < most_paths; ++path, limits.ratio = std::sqrt(limits.ratio)) {
      Result result = follow(rank, nullptr, limits);
      const bool last = stopped(result) || result.summary.recovery->verdict != RecoveryVerdict::not_recovered;
      if (!best || last || score(result) < score(*best)) best = std::move(result);
      if (last) break;
    }
    return std::move(*best);
  }

  /// One path, told and judged.
  Result follow(int rank, const Start* start, const PathLimits& limits) {
    round_.rank = rank;
    round_.max_iterations = options_.max_iterations - before_.iterations;
    PathEnd end;
    Result result = data_.follow(round_, start, limits, end);
    prepend(before_, result.summary);
    judge(parts_, recovery_, end, result);
    ++paths_;
    before_ = result.summary;
    return result;
  }

  /// Was it not the path that came to its end?
  bool stopped(const Result& result) const {
    const Termination why = result.summary.termination;
    return (why != Termination::no_progress && why != Termination::fitted) ||
           result.summary.iterations >= options_.max_iterations;
  }

  static double score(const Result& result) {
    const Recovery& r = *result.summary.recovery;
    return r.num_checked > 0 ? r.check_residual : r.train_residual;
  }

  double oversampling(int rank) const { return rankfill::oversampling(counts_, parts_.train->size(), rank); }

  /// About sigma_1 of the residual matrix.
  double first_lambda(const Summary& s) const {
    const double size = static_cast<double>(counts_.rows()) * static_cast<double>(counts_.cols());
    const auto entries = static_cast<double>(s.num_entries);
    const double share = std::max(0.5 * std::sqrt(entries / size),
                                  2 / std::sqrt(static_cast<double>(std::max(counts_.rows(), counts_.cols()))));
    return share * s.train_rmse * std::sqrt(entries);
  }

  /// The factors of `result`, and random columns of the size of what they leave.
  Start grown(const Result& result, int rank) const {
    const int added = rank - result.model.rank();
    const auto columns = [&](std::uint32_t side, const std::vector<std::int64_t>& counts) {
      std::vector<std::int64_t> row_ptr{0};
      for (const std::int64_t count : counts) row_ptr.push_back(row_ptr.back() + count);
      return FactorMatrix{static_cast<std::int64_t>(counts.size()), added,
                          random_start(options_.seed + static_cast<std::uint64_t>(rank), side, row_ptr, added,
                                       result.summary.train_rmse)};
    };
    return {append(result.model.row_factors, columns(0, counts_.of_rows), rank),
            append(result.model.col_factors, columns(1, counts_.of_cols), rank)};
  }

  const Parts& parts_;
  const Options& options_;
  const RecoveryOptions& recovery_;
  const PreparedData& data_;
  const Counts counts_{*parts_.train};
  Options round_;
  Summary before_;
  int paths_ = 0;
};

}  // namespace

Result solve_recovery(const Entries& train, const Options& options, const Entries* holdout) {
  const Parts parts(train, options, holdout);
  Options prepared_for = options;
  prepared_for.center = options.recover->center;
  std::optional<Result> result;
  with_prepared(*parts.train, prepared_for, parts.check, [&](const PreparedData& data) {
    Recoverer recoverer(parts, options, data);
    result = options.recover->estimate_rank ? recoverer.at_unknown_rank() : recoverer.at_rank(options.rank);
    recoverer.count_all(result->summary);
  });
  Summary& s = result->summary;
  s.recovery->rank_estimated = options.recover->estimate_rank;
  if (!options.recover->estimate_rank && s.recovery->rank < options.rank)
    s.warnings.push_back("rank " + std::to_string(options.rank) +
                         " is more than the data need: " + std::to_string(s.recovery->rank) + " fits them");
  add_warnings(s);
  s.message = describe(s, options);
  return std::move(*result);
}

}  // namespace rankfill
