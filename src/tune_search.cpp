// SPDX-License-Identifier: Apache-2.0
#include "tune_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "kernels/detail/normal_pair.hpp"

namespace rankfill {

namespace {

constexpr double kGridRatio = 2;
constexpr int kGridSteps = 4;  // on either side of the automatic lambda
/// A path of an automatic grid ends early once RMSE rose twice in a row and is so much above the path's best.
constexpr double kClearlyWorse = 1.02;
/// Refinement ends when the next lambda is within this factor of one that was tried.
constexpr double kResolution = 1.05;
/// Of the deviation that a seeded start would have.
constexpr double kStir = 0.1;
/// A fit that explains less of the variance than this has collapsed to zero factors.
constexpr double kCollapsed = 1e-3;

/// A strong lambda leaves singular directions of a factor at zero, where they are a stationary point that a weaker
/// lambda would only leave exponentially slowly.  So a start is stirred: seeded noise on every row that is not zero (an
/// empty row stays so).
void stir(FactorMatrix& factor, std::uint64_t seed, std::uint32_t side, double deviation) {
  const auto k = static_cast<std::size_t>(factor.rank);
  std::visit(
      [&](auto& values) {
        using T = typename std::decay_t<decltype(values)>::value_type;
        for (std::size_t row = 0; row < static_cast<std::size_t>(factor.num_rows); ++row) {
          T* const x = values.data() + row * k;
          if (std::all_of(x, x + k, [](T v) { return v == 0; })) continue;
          for (std::size_t c = 0; c < k; c += 2) {
            const auto pair =
                normal_pair<double>(seed, side, static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(c / 2));
            x[c] += static_cast<T>(deviation * pair[0]);
            if (c + 1 < k) x[c + 1] += static_cast<T>(deviation * pair[1]);
          }
        }
      },
      factor.values);
}

/// To three significant digits, so that what is printed is what was used.
double rounded(double lambda) {
  if (!(lambda > 0)) return lambda;
  const double unit = std::pow(10.0, 2 - std::floor(std::log10(lambda)));
  return std::round(lambda * unit) / unit;
}

template <class T>
std::vector<T> distinct(const std::vector<T>& values) {
  std::vector<T> once;
  for (const T& value : values)
    if (std::find(once.begin(), once.end(), value) == once.end()) once.push_back(value);
  return once;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Of the mean of independent values; NaN for one.
double standard_error(const std::vector<double>& values) {
  if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const double middle = mean(values), n = static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - middle) * (value - middle);
  return std::sqrt(squares / (n - 1) / n);
}

}  // namespace

bool Settled::operator()(double rmse) {
  if (last_.size() > static_cast<std::size_t>(patience_)) last_.erase(last_.begin());
  last_.push_back(rmse);
  if (last_.size() <= static_cast<std::size_t>(patience_)) return false;
  const auto [low, high] = std::minmax_element(last_.begin(), last_.end());
  return *high - *low <= tolerance_ * *low;
}

std::optional<double> next_to_try(const std::vector<Tried>& tried, std::size_t best, double resolution) {
  if (best == 0 || best + 1 >= tried.size()) return std::nullopt;
  const Tried &a = tried[best - 1], &b = tried[best], &c = tried[best + 1];
  const double left = b.x - a.x, right = c.x - b.x;
  if (std::max(left, right) <= 2 * resolution) return std::nullopt;
  const auto is_new = [&](double x) {
    return std::none_of(tried.begin(), tried.end(), [&](const Tried& t) { return std::abs(t.x - x) < resolution; });
  };
  // Slopes of the chords: the parabola's vertex is where its derivative, linear between their middles, is zero.
  const double before = (b.y - a.y) / left, after = (c.y - b.y) / right;
  if (std::isfinite(before) && std::isfinite(after) && after > before) {
    const double vertex = (a.x + b.x) / 2 - before * (left + right) / 2 / (after - before);
    if (vertex > a.x && vertex < c.x) {
      if (is_new(vertex)) return vertex;
      return std::nullopt;
    }
  }
  constexpr double kGolden = 0.381966011250105;
  const double section = left > right ? b.x - kGolden * left : b.x + kGolden * right;
  return is_new(section) ? std::optional(section) : std::nullopt;
}

std::vector<double> TuneSearch::grid(double weighting) const {
  std::vector<double> lambdas = distinct(options_.regularizations);
  if (lambdas.empty()) {
    const double middle = parts_.front().automatic_regularization(weighting);
    for (int step = -kGridSteps; step <= kGridSteps; ++step)
      lambdas.push_back(rounded(middle * std::pow(kGridRatio, step)));
  }
  std::sort(lambdas.rbegin(), lambdas.rend());
  return distinct(lambdas);
}

void TuneSearch::operator()() {
  std::vector<Path> paths;
  const std::vector<int> ranks = options_.ranks.empty() ? std::vector{options_.solve.rank} : distinct(options_.ranks);
  for (const int rank : ranks)
    for (const double weighting : distinct(options_.weightings)) {
      paths.push_back({rank, weighting, {}, 0, {}, {}});
      planned_ += static_cast<int>(grid(weighting).size());
    }
  planned_ += options_.refine;
  for (Path& path : paths) {
    if (!over_) walk_grid(path);
    if (!over_) extend(path);
  }
  if (result_.points.empty()) return;
  const auto winner =
      std::find_if(paths.begin(), paths.end(), [&](const Path& path) { return path.best == result_.best; });
  if (!over_) refine(*winner);
  if (winner->best == result_.best && winner->points.size() > 1) result_.at_border = beyond(*winner).has_value();
}

void TuneSearch::walk_grid(Path& path) {
  const std::vector<double> lambdas = grid(path.weighting);
  for (std::size_t k = 0; k < lambdas.size(); ++k) {
    if (!try_point(path, lambdas[k], false, false)) return;
    const std::size_t n = path.points.size();
    if (!options_.regularizations.empty() || n < 3) continue;
    const double last = point(path.points[n - 1]).rmse, before = point(path.points[n - 2]).rmse;
    if (last > before && before > point(path.points[n - 3]).rmse && last > kClearlyWorse * point(path.best).rmse) {
      planned_ -= static_cast<int>(lambdas.size() - k - 1);
      return;
    }
  }
}

std::vector<Tried> TuneSearch::tried(const Path& path, std::size_t& best) const {
  std::vector<Tried> all;
  for (const std::size_t k : path.points)
    if (point(k).regularization > 0) all.push_back({std::log(point(k).regularization), point(k).rmse});
  std::sort(all.begin(), all.end(), [](const Tried& a, const Tried& b) { return a.x < b.x; });
  const double at = std::log(point(path.best).regularization);
  best = static_cast<std::size_t>(std::find_if(all.begin(), all.end(), [&](const Tried& t) { return t.x == at; }) -
                                  all.begin());
  return all;
}

/// The lambda after the last on the side where the best lies at the end, if RMSE still falls there by more than the
/// tolerance; the one below the smallest, if all so far left nothing of the factors.
std::optional<double> TuneSearch::beyond(const Path& path) const {
  if (path.points.empty() || point(path.best).regularization == 0) return std::nullopt;
  std::size_t best = 0;
  const std::vector<Tried> all = tried(path, best);
  if (all.size() < 2) return std::nullopt;
  if (point(path.best).collapsed) return std::exp(2 * all[0].x - all[1].x);
  const bool lowest = best == 0 && all.size() == path.points.size(), highest = best + 1 == all.size();
  if (!lowest && !highest) return std::nullopt;
  const Tried& next = lowest ? all[1] : all[all.size() - 2];
  if (!(next.y - all[best].y > options_.solve.holdout_tolerance * all[best].y)) return std::nullopt;
  return std::exp(2 * all[best].x - next.x);
}

void TuneSearch::extend(Path& path) {
  for (int step = 0; step < options_.extend; ++step) {
    const auto lambda = beyond(path);
    if (!lambda) return;
    ++planned_;
    if (!try_point(path, rounded(*lambda), true, false)) return;
  }
}

void TuneSearch::refine(Path& path) {
  for (int step = 0; step < options_.refine; ++step) {
    if (point(path.best).regularization == 0) return;
    std::size_t best = 0;
    const std::vector<Tried> all = tried(path, best);
    const auto x = next_to_try(all, best, std::log(kResolution));
    if (!x || !try_point(path, rounded(std::exp(*x)), true, true)) return;
  }
}

bool TuneSearch::try_point(Path& path, double lambda, bool from_best, bool refined) {
  TunePoint tried{
      .rank = path.rank, .weighting = path.weighting, .regularization = lambda, .collapsed = true, .refined = refined};
  const auto& from = from_best ? path.best_starts : path.last_starts;
  std::vector<std::optional<Start>> starts;
  std::vector<double> rmse, train_rmse;
  Result first;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    Options options = options_.solve;
    options.rank = path.rank;
    options.weighting = path.weighting;
    options.regularization = lambda;
    options.keep_best = false;
    options.certificate = false;  // for the final fit
    Settled settled(options.holdout_tolerance, options.patience);
    bool ended_here = false;
    options.callback = [&](const IterationSummary& row) {
      if (options_.solve.callback && options_.solve.callback(row) == CallbackAction::stop) over_ = true;
      ended_here = settled(row.holdout_rmse);
      return over_ || ended_here ? CallbackAction::stop : CallbackAction::proceed;
    };
    const bool warm = options_.warm_start && part < from.size() && from[part];
    if (warm) options.warm_up = {};
    Result fit = parts_[part].fit(options, warm ? &*from[part] : nullptr);
    const Summary& summary = fit.summary;
    if (summary.termination == Termination::interrupted || (options.interrupt && options.interrupt->load())) {
      result_.termination = TuneTermination::interrupted;
      over_ = true;
    }
    if (over_) {  // in the middle of a fit: this point does not count
      if (result_.termination != TuneTermination::interrupted)
        result_.termination = TuneTermination::stopped_by_callback;
      return false;
    }
    const bool broken = summary.termination == Termination::breakdown || !std::isfinite(summary.holdout_rmse);
    rmse.push_back(broken ? std::numeric_limits<double>::infinity() : summary.holdout_rmse);
    train_rmse.push_back(summary.train_rmse);
    tried.iterations += summary.iterations;
    tried.passes += summary.passes;
    tried.seconds += summary.seconds.prepare + summary.seconds.solve + summary.seconds.finish;
    tried.settled = tried.settled && (summary.termination != Termination::max_iterations);
    const double explained = 1 - std::pow(summary.train_rmse / summary.value_rms, 2);
    const bool collapsed = !(explained > kCollapsed);
    tried.collapsed = tried.collapsed && collapsed && !broken;
    starts.emplace_back();
    if (!broken && !collapsed) {
      Start start{fit.model.row_factors, fit.model.col_factors};
      const double deviation = kStir * std::sqrt(summary.value_rms / std::sqrt(static_cast<double>(path.rank)));
      stir(start.row_factors, options.seed, 0, deviation);
      stir(start.col_factors, options.seed, 1, deviation);
      starts.back() = std::move(start);
    }
    if (part == 0) first = std::move(fit);
  }
  tried.rmse = mean(rmse);
  tried.standard_error = standard_error(rmse);
  tried.train_rmse = mean(train_rmse);

  const std::size_t index = result_.points.size();
  result_.points.push_back(tried);
  path.points.push_back(index);
  if (path.points.size() == 1 || tried.rmse < point(path.best).rmse) {
    path.best = index;
    path.best_starts = starts;
  }
  path.last_starts = std::move(starts);
  if (index == 0 || tried.rmse < point(result_.best).rmse) {
    result_.best = index;
    best_fit_ = std::move(first);
    best_start_ = {best_fit_.model.row_factors, best_fit_.model.col_factors};
  }
  const TuneProgress progress{point(index), point(result_.best), static_cast<int>(index) + 1,
                              std::max(planned_, static_cast<int>(index) + 1)};
  if (options_.callback && options_.callback(progress) == CallbackAction::stop) {
    result_.termination = TuneTermination::stopped_by_callback;
    over_ = true;
  }
  return !over_;
}

}  // namespace rankfill
