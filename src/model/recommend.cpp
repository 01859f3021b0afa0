// SPDX-License-Identifier: Apache-2.0
#include "rankfill/recommend.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>

#include "data/parallel.hpp"
#include "model/factors.hpp"

namespace rankfill {

namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
constexpr std::int64_t kRows = 64, kCols = 1024;  // of a block of scores: 256 KiB

/// The column factors and biases in float32, and how large they are.
struct Columns {
  explicit Columns(const Model& model) {
    if (const auto* narrow = std::get_if<std::vector<float>>(&model.col_factors.values)) {
      values = narrow->data();
    } else {
      const auto& wide = std::get<std::vector<double>>(model.col_factors.values);
      copy.assign(wide.begin(), wide.end());
      values = copy.data();
    }
    bias.assign(model.col_bias.begin(), model.col_bias.end());
    for (const double b : model.col_bias) largest_bias = std::max(largest_bias, std::abs(b));
    const std::int64_t num_cols = model.num_cols(), rank = model.rank();
    for (std::int64_t j = 0; j < num_cols; ++j) {
      double squares = 0;
      for (std::int64_t t = 0; t < rank; ++t) squares += std::pow(static_cast<double>(values[j * rank + t]), 2);
      longest = std::max(longest, squares);
    }
    longest = std::sqrt(longest);
  }
  const float* values;
  std::vector<float> copy, bias;
  double longest = 0, largest_bias = 0;
};

/// The columns that may be among the best of one row, by scores that are off by at most `error`.
class Candidates {
 public:
  void begin(std::size_t room, double error, std::span<const std::int32_t> seen) {
    room_ = room;
    margin_ = 2 * error;
    seen_ = seen;
    limit_ = 2 * room + 256;
    top_.clear();
    found_.clear();
    least_ = -std::numeric_limits<float>::infinity();
  }

  /// `scores` are those of columns first ..., in ascending order over the calls.
  void offer(const float* scores, std::int64_t count, std::int64_t first) {
    constexpr std::int64_t piece = 64;
    for (std::int64_t at = 0; at < count; at += piece) {
      const std::int64_t end = std::min(count, at + piece);
      int hits = 0;  // a loop without a branch: nearly all pieces hold none
      for (std::int64_t j = at; j < end; ++j) hits += scores[j] >= least_;
      for (std::int64_t j = at; hits > 0 && j < end; ++j)
        if (scores[j] >= least_) take(scores[j], static_cast<std::int32_t>(first + j));
    }
  }

  /// Columns that were found; all that could be among the best are there.
  const std::vector<std::pair<float, std::int32_t>>& found() {
    prune();
    return found_;
  }

 private:
  void take(float score, std::int32_t col) {
    if (std::binary_search(seen_.begin(), seen_.end(), col)) return;
    found_.emplace_back(score, col);
    if (top_.size() < room_ || score > top_.front()) {
      top_.push_back(score);
      std::push_heap(top_.begin(), top_.end(), std::greater<>());
      if (top_.size() > room_) {
        std::pop_heap(top_.begin(), top_.end(), std::greater<>());
        top_.pop_back();
      }
      if (top_.size() == room_)  // rounded down
        least_ = std::nextafter(static_cast<float>(top_.front() - margin_), -std::numeric_limits<float>::infinity());
    }
    if (found_.size() > limit_) {
      prune();
      limit_ = std::max(limit_, 2 * found_.size());
    }
  }
  void prune() {
    std::erase_if(found_, [&](const auto& one) { return one.first < least_; });
  }

  std::size_t room_ = 0, limit_ = 0;
  double margin_ = 0;
  float least_ = 0;  ///< a score below it is not among the best
  std::span<const std::int32_t> seen_;
  std::vector<float> top_;  ///< the best scores so far, a heap with the least on top
  std::vector<std::pair<float, std::int32_t>> found_;
};

/// One block of rows.
template <class Predict>
class Block {
 public:
  Block(const Model& model, const Columns& columns, const Predict& predict, int count, const SeenColumns& seen)
      : model_(model),
        columns_(columns),
        predict_(predict),
        count_(count),
        room_(static_cast<std::size_t>(std::min<std::int64_t>(count, model.num_cols()))),
        seen_(seen) {}

  void operator()(std::span<const std::int64_t> rows, std::vector<Recommendation>* results) {
    const Eigen::Index rank = model_.rank(), count = std::ssize(rows);
    factors_.resize(count, rank);
    candidates_.resize(static_cast<std::size_t>(kRows));
    usable_.assign(rows.size(), true);
    for (Eigen::Index r = 0; r < count; ++r) begin(r, rows[static_cast<std::size_t>(r)]);
    for (std::int64_t first = 0; first < model_.num_cols(); first += kCols) {
      const std::int64_t width = std::min(kCols, model_.num_cols() - first);
      const Eigen::Map<const RowMajor> v(columns_.values + first * rank, width, rank);
      scores_.noalias() = factors_ * v.transpose();
      if (!columns_.bias.empty())
        scores_.rowwise() += Eigen::Map<const Eigen::RowVectorXf>(columns_.bias.data() + first, width);
      for (Eigen::Index r = 0; r < count; ++r)
        if (usable_[static_cast<std::size_t>(r)])
          candidates_[static_cast<std::size_t>(r)].offer(scores_.row(r).data(), width, first);
    }
    for (std::size_t r = 0; r < rows.size(); ++r)
      results[r] = usable_[r] ? best_of(rows[r], candidates_[r]) : model_.recommend(rows[r], count_, seen_.of(rows[r]));
  }

 private:
  /// |score - (prediction - mean - row bias)|: a float32 dot product of numbers rounded to float32 with a bias added, and the
  /// double sums of the prediction itself.
  void begin(Eigen::Index r, std::int64_t row) {
    double squares = 0;
    std::visit(
        [&](const auto& u) {
          for (Eigen::Index t = 0; t < factors_.cols(); ++t) {
            const auto value = u[static_cast<std::size_t>(row * factors_.cols() + t)];
            factors_(r, t) = static_cast<float>(value);
            squares += static_cast<double>(value) * static_cast<double>(value);
          }
        },
        model_.row_factors.values);
    const double product = std::sqrt(squares) * columns_.longest, bias = columns_.largest_bias;
    const double constant = std::abs(model_.mean) +
                            (model_.row_bias.empty() ? 0 : std::abs(model_.row_bias[static_cast<std::size_t>(row)]));
    constexpr double narrow = std::numeric_limits<float>::epsilon(), wide = std::numeric_limits<double>::epsilon();
    const double terms = static_cast<double>(factors_.cols()) + 6;
    const double error = terms * narrow * (product + bias) + terms * wide * (constant + bias + product) +
                         terms * std::numeric_limits<float>::min();  // where float32 underflows
    constexpr double largest = 1e30;
    usable_[static_cast<std::size_t>(r)] = product + bias < largest && error < largest;  // and are numbers
    candidates_[static_cast<std::size_t>(r)].begin(room_, error, seen_.of(row));
  }

  std::vector<Recommendation> best_of(std::int64_t row, Candidates& candidates) const {
    std::vector<Recommendation> best;
    for (const auto& [score, col] : candidates.found()) best.push_back({col, predict_(row, col)});
    const auto better = [](const Recommendation& a, const Recommendation& b) {
      return a.value > b.value || (a.value == b.value && a.col < b.col);
    };
    const std::size_t room = std::min(room_, best.size());
    std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(room), best.end(), better);
    best.resize(room);
    return best;
  }

  const Model& model_;
  const Columns& columns_;
  const Predict& predict_;
  int count_;
  std::size_t room_;
  const SeenColumns& seen_;
  RowMajor factors_, scores_;
  std::vector<Candidates> candidates_;
  std::vector<char> usable_;
};

}  // namespace

SeenColumns::SeenColumns(const Entries& entries, const Model& model)
    : start_(static_cast<std::size_t>(model.num_rows()) + 1) {
  const auto counts = [&](std::size_t p) {
    return entries.rows[p] >= 0 && entries.rows[p] < model.num_rows() && entries.cols[p] >= 0 &&
           entries.cols[p] < model.num_cols();
  };
  for (std::size_t p = 0; p < entries.rows.size(); ++p)
    if (counts(p)) ++start_[static_cast<std::size_t>(entries.rows[p]) + 1];
  for (std::size_t row = 1; row < start_.size(); ++row) start_[row] += start_[row - 1];
  columns_.resize(start_.back());
  std::vector<std::size_t> next(start_);
  for (std::size_t p = 0; p < entries.rows.size(); ++p)
    if (counts(p)) columns_[next[static_cast<std::size_t>(entries.rows[p])]++] = entries.cols[p];
  for (std::size_t row = 0; row + 1 < start_.size(); ++row)
    std::sort(columns_.begin() + static_cast<std::ptrdiff_t>(start_[row]),
              columns_.begin() + static_cast<std::ptrdiff_t>(start_[row + 1]));
}

std::vector<std::vector<Recommendation>> recommend(const Model& model, std::span<const std::int64_t> rows, int count,
                                                   const SeenColumns& seen, int threads) {
  for (const std::int64_t row : rows) require_index("row", row, model.num_rows(), 0);
  std::vector<std::vector<Recommendation>> results(rows.size());
  if (count <= 0 || rows.empty() || model.num_cols() == 0) return results;
  const Columns columns(model);
  with_predictor(model, [&](const auto& predict) {
    const std::int64_t blocks = (std::ssize(rows) + kRows - 1) / kRows;
    const int workers = static_cast<int>(std::min<std::int64_t>(data::thread_count(threads), blocks));
    std::exception_ptr failure;
    std::mutex guard;
#pragma omp parallel num_threads(workers)
    {
      Block block(model, columns, predict, count, seen);
#pragma omp for schedule(dynamic)
      for (std::int64_t b = 0; b < blocks; ++b) {
        try {  // nothing may leave a parallel region
          const auto first = static_cast<std::size_t>(b * kRows);
          block(rows.subspan(first, std::min<std::size_t>(kRows, rows.size() - first)), results.data() + first);
        } catch (...) {
          const std::lock_guard lock(guard);
          failure = std::current_exception();
        }
      }
    }
    if (failure) std::rethrow_exception(failure);
  });
  return results;
}

}  // namespace rankfill
