// SPDX-License-Identifier: Apache-2.0
#include "problem/memory_plan.hpp"

#include <algorithm>
#include <numeric>

#include "problem/choose.hpp"
#include "problem/narrow.hpp"
#include "problem/problem.hpp"
#include "problem/row_plan.hpp"
#include "problem/schedule.hpp"

// Every function below counts what the file it names allocates; tests/simt/memory_plan_test.cpp holds the sum against what a fit
// really held.

namespace rankfill {

namespace {

using Bytes = std::uint64_t;

Bytes bytes_of(std::int64_t count, std::int64_t each) { return static_cast<Bytes>(count) * static_cast<Bytes>(each); }
std::int64_t round_up(std::int64_t x, std::int64_t to) { return (x + to - 1) / to * to; }

/// One order of the entries: num_rows rows of z entries in num_cols columns.
struct Order {
  std::int64_t num_rows, num_cols, z;
};

std::int64_t col_bytes(const Order& m) { return m.num_cols <= kNarrowCols ? 2 : 4; }

/// src/problem/prepare_cuda.cpp
Bytes entries_bytes(const Order& m, int stored_bytes) {
  return bytes_of(m.num_rows + 1, 8) + bytes_of(m.z, col_bytes(m) + stored_bytes);
}

/// The most that a plan can hold, whatever the lengths of the rows.  src/problem/row_plan.cpp
struct PlanBound {
  std::int64_t chunks, split_rows, slots, num_rows;
  PlanBound(const Order& m, const PlanLengths& lengths)
      : chunks(std::min(m.num_rows, m.z / (lengths.short_row + 1)) + m.z / lengths.chunk),
        split_rows(std::min(m.num_rows, m.z / (lengths.chunk + 1))),
        slots(split_rows + m.z / lengths.chunk),
        num_rows(m.num_rows) {
    if (split_rows == 0) slots = 0;
  }
  Bytes bytes() const {
    return bytes_of(chunks, sizeof(Chunk)) + bytes_of(num_rows, 4) + bytes_of(split_rows, sizeof(SplitRow));
  }
};
PlanBound gradient_plan(const Order& m) { return {m, gradient_plan_lengths()}; }
PlanBound solve_plan(const Order& m, int rank) { return {m, solve_plan_lengths(rank, m.z)}; }
Bytes plans_bytes(const Order& m, int rank) { return gradient_plan(m).bytes() + solve_plan(m, rank).bytes(); }

/// SumSpace of kernels/detail/ordered_sum.cuh
Bytes sums_bytes(std::int64_t count, int terms) { return bytes_of(round_up((count + 1) * terms, 2), 8); }

/// gather_room of kernels/detail/gather_copy.cuh: `rows` rows of `rank` numbers of `size` bytes each.
Bytes copy_bytes(std::int64_t rows, int rank, int size, bool converted) {
  if (!converted && rank * size % 16 == 0) return 0;
  return bytes_of(rows, round_up(std::int64_t{rank} * size, 16)) + 128 + 4 * 1028;
}

/// kernels/gradient_rows.cu, kernels/loss.cu
Bytes gather_workspace(const Order& m, int rank, int scalar, bool with_gradient) {
  const PlanBound plan = gradient_plan(m);
  const Bytes slots = with_gradient ? bytes_of(plan.slots, round_up(std::int64_t{rank} * scalar, 16)) : 0;
  return sums_bytes(plan.chunks + m.num_rows, 1) + slots + copy_bytes(m.num_cols, rank, scalar, false);
}

/// Whether als_half and factor_rows take the tensor cores.
bool on_tensor_cores(int rank, int scalar) { return scalar == 4 && rank <= 256; }

/// A batch of whole Gram matrices, of their plain form.
Bytes plain_grams_bytes(const Order& m, int rank, int scalar) {
  const Bytes gram = bytes_of(rank, std::int64_t{rank} * scalar), most = (Bytes{256} << 20) / gram;
  return gram * std::clamp<Bytes>(most, 1, static_cast<Bytes>(std::max<std::int64_t>(m.num_rows, 1)));
}

/// Slots of kernels/detail/row_systems.cuh: the parts of split rows, `matrix` numbers of a system each.
Bytes parts_bytes(const Order& m, int rank, std::int64_t matrix, Bytes most, int more) {
  const Bytes part = bytes_of(matrix + rank + 1, 4), slots = static_cast<Bytes>(solve_plan(m, rank).slots);
  return slots > 0 ? (std::min(most / part, slots) + more) * part : 0;
}

/// kernels/als_half.cu.  `half`: with float16 copies alone; else gradients in full precision come first.
Bytes als_workspace(const Order& m, int rank, int scalar, bool half) {
  const bool tensor_cores = on_tensor_cores(rank, scalar);
  Bytes bytes = sums_bytes(m.num_rows, 3) + 64;
  if (!half || !tensor_cores)
    bytes += bytes_of(m.num_rows, std::int64_t{rank} * scalar) + gather_workspace(m, rank, scalar, true);
  if (!tensor_cores) return bytes + plain_grams_bytes(m, rank, scalar);
  const std::int64_t k = rank, tiles = (k + 15) / 16;
  const std::int64_t matrix = k <= 64 ? 16 * tiles * (8 * tiles + 12) : k * (k + 1) / 2;
  return bytes + parts_bytes(m, rank, matrix, Bytes{1} << 30, 3) + copy_bytes(m.num_cols, rank, 2, true);
}

/// kernels/gradient_projection.cu.  cuSPARSE's own buffer is a guess: the library names it only when asked with the matrix.
Bytes projection_workspace(const Order& m) {
  const std::int64_t index = m.z < INT32_MAX ? 4 : 8;
  return static_cast<Bytes>(round_up((m.num_rows + 1) * index, 256) + round_up(m.z * index, 256)) +
         bytes_of(m.num_rows, 8) + 256;
}

/// What a solver allocates.  `outer`, `inner`: bytes of the factors with fewer and with more rows; `column`, `residual`: of a
/// number for every row and column, and for every entry; `schedule`: of sgd.
struct SolverBytes {
  Bytes outer, inner, systems, preconditioner, column, residual, schedule;
  Bytes operator()(const AutoOptions&) const { return 0; }  // is never asked
  Bytes operator()(const AlsOptions&) const { return 0; }
  Bytes operator()(const GradientDescentOptions&) const { return 2 * (outer + inner); }
  Bytes operator()(const VpLbfgsOptions& o) const {
    return (2 * static_cast<Bytes>(o.memory) + 5) * outer + inner + systems;
  }
  Bytes operator()(const NesterovAlsOptions&) const { return 2 * outer; }
  Bytes operator()(const AndersonAlsOptions& o) const { return (2 * static_cast<Bytes>(o.memory) + 5) * outer; }
  Bytes operator()(const SLbfgsOptions& o) const {
    return (2 * static_cast<Bytes>(o.memory) + 5) * (outer + inner) + preconditioner;
  }
  Bytes operator()(const ScaledAsdOptions&) const { return 4 * (outer + inner) + preconditioner; }
  Bytes operator()(const NonlinearCgOptions&) const { return 4 * (outer + inner) + preconditioner; }
  Bytes operator()(const CcdOptions&) const { return outer + inner + 2 * column + 2 * residual; }
  Bytes operator()(const SgdOptions&) const { return 2 * (outer + inner) + 2 * column + schedule; }
};

struct Fit {
  const MemoryShape& shape;
  const Options& options;
  Order by_row{shape.num_rows, shape.num_cols, shape.num_entries};
  Order by_col{shape.num_cols, shape.num_rows, shape.num_entries};
  Order holdout{shape.num_rows, shape.num_cols, shape.num_holdout};
  int rank = options.rank, scalar = choose_precision(options) == Precision::float64 ? 8 : 4;
  SolverOptions solver = choose_solver(options, false, shape.num_rows, shape.num_cols, shape.num_entries).solver;
  bool preconditioned = is_one_of<SLbfgsOptions, NonlinearCgOptions, ScaledAsdOptions>();
  bool descent = is_one_of<GradientDescentOptions, SLbfgsOptions, NonlinearCgOptions, CcdOptions,
                           SgdOptions>();  // has a Gradient of its own
  bool sweeps = (!descent && !preconditioned) || options.warm_up.sweeps > 0;
  bool keeps_systems = std::holds_alternative<VpLbfgsOptions>(solver);
  Formulation formulation = resolve(options.formulation, shape.num_entries == shape.num_rows * shape.num_cols);
  Bytes factors = bytes_of(shape.num_rows + shape.num_cols, std::int64_t{rank} * scalar);

  template <class... Methods>
  bool is_one_of() const {
    return (std::holds_alternative<Methods>(solver) || ...);
  }
  bool dense() const { return formulation == Formulation::block || formulation == Formulation::dense; }

  /// What the formulation keeps beside the two orders.  src/problem/problem.hpp, Gradient of src/solvers/gradient.hpp
  Bytes formulation_bytes() const {
    const std::int64_t rows = shape.num_rows, cols = shape.num_cols;
    if (dense()) return bytes_of(rows, cols * 2 * scalar) + bytes_of(rows + cols, 4);
    if (formulation == Formulation::scatter) return bytes_of(shape.num_entries, 4);
    return formulation == Formulation::projection ? bytes_of(shape.num_entries, scalar * (descent ? 2 : 1)) : 0;
  }

  Bytes gradient_workspace(const Order& m) const {
    if (formulation == Formulation::projection) return projection_workspace(m);
    if (formulation == Formulation::scatter) return sums_bytes(std::min<std::int64_t>(m.z, 1 << 15), 1);
    if (dense()) return sums_bytes(m.num_rows, 1) + 2 * factors;
    return gather_workspace(m, rank, scalar, true);
  }

  Bytes solver_bytes() const {
    const std::int64_t fewer = std::min(shape.num_rows, shape.num_cols), k = rank;
    const Bytes outer = bytes_of(fewer, k * scalar);
    return std::visit(SolverBytes{.outer = outer,
                                  .inner = factors - outer,
                                  .systems = bytes_of(fewer, k * (k + 1) / 2 * scalar),
                                  .preconditioner = bytes_of(3 * k * k + 2 * k, scalar),
                                  .column = factors / static_cast<Bytes>(k),
                                  .residual = bytes_of(shape.num_entries, scalar),
                                  .schedule = schedule_bytes()},
                      solver);
  }

  /// src/solvers/sgd.hpp
  Bytes schedule_bytes() const {
    const std::int64_t blocks = choose_num_blocks(shape.num_entries, shape.num_rows, shape.num_cols);
    return bytes_of(blocks * blocks + 1, 8) + bytes_of(shape.num_entries, 8 + scalar);
  }

  /// kernels/factor_rows.cu: the gradient, then the systems.
  Bytes systems_workspace() const {
    const Order& m = by_row.num_rows <= by_col.num_rows ? by_row : by_col;
    return std::max(gather_workspace(m, rank, scalar, true),
                    on_tensor_cores(rank, scalar) ? parts_bytes(m, rank, rank * (rank + 1) / 2, UINT64_MAX, 0) +
                                                        copy_bytes(m.num_cols, rank, 2, true)
                                                  : plain_grams_bytes(m, rank, scalar));
  }

  /// A batch of rows: kernels/covariance.cu, kernels/precondition.cu
  Bytes preconditioner_workspace() const {
    const std::int64_t rows = std::min<std::int64_t>(1 << 16, std::max(shape.num_rows, shape.num_cols));
    return bytes_of(rows, std::int64_t{rank} * scalar);
  }

  /// The largest that anything asks for: there is one, and it grows.
  Bytes workspace() const {
    Bytes most = sums_bytes(std::max(shape.num_rows, shape.num_cols), 2);
    for (const Order& m : {by_row, by_col}) {
      most = std::max(most, gradient_workspace(m));
      if (std::holds_alternative<ScaledAsdOptions>(solver))
        most = std::max(most, gather_workspace(m, rank, scalar, true));
      if (sweeps) most = std::max(most, als_workspace(m, rank, scalar, options.precision == Precision::mixed));
    }
    if (descent || options.certificate) most = std::max(most, sums_bytes(shape.num_rows, 6));
    if (keeps_systems) most = std::max(most, systems_workspace());
    if (preconditioned) most = std::max(most, preconditioner_workspace());
    if (shape.num_holdout > 0) most = std::max(most, gather_workspace(holdout, rank, scalar, false));
    return most;
  }

  /// src/solvers/run.hpp
  Bytes best_point_bytes() const { return shape.num_holdout > 0 && options.keep_best ? factors : 0; }

  /// src/solvers/certificate.hpp, made when the solver, the best point and measurements have been given back.
  Bytes certificate_bytes() const {
    if (!options.certificate) return 0;
    const Bytes held =
        bytes_of(shape.num_entries, 2 * scalar) + bytes_of(shape.num_rows + shape.num_cols, 8) +
        bytes_of(std::max(shape.num_rows, shape.num_cols), 8) +
        bytes_of(shape.num_rows + shape.num_cols, std::int64_t{2} * scalar * std::max(4, (rank + 1) / 2));
    const Bytes given_back = factors + best_point_bytes() + solver_bytes();
    return held > given_back ? held - given_back : 0;
  }

  std::vector<MemoryItem> solving() const {
    std::vector<MemoryItem> items = {
        {"entries by row", entries_bytes(by_row, shape.stored_bytes)},
        {"entries by column", entries_bytes(by_col, shape.stored_bytes)},
        {"row plans", plans_bytes(by_row, rank) + plans_bytes(by_col, rank)},
        {"order of rows and columns", bytes_of(shape.num_rows + shape.num_cols, 4)},
        {"weights", options.weighting > 0 ? bytes_of(shape.num_rows + shape.num_cols, scalar) : 0},
        {"held-out entries",
         shape.num_holdout > 0 ? entries_bytes(holdout, shape.stored_bytes) + plans_bytes(holdout, rank) : 0},
        {"formulation " + std::string(to_string(formulation)), formulation_bytes()},
        {"factors", factors},
        {"best point", best_point_bytes()},
        {"measurements", factors},
        {"solver", solver_bytes()},
        {"certificate, beyond the solver's", certificate_bytes()},
        {"workspace", workspace()},
    };
    std::erase_if(items, [](const MemoryItem& item) { return item.bytes == 0; });
    std::stable_sort(items.begin(), items.end(),
                     [](const MemoryItem& a, const MemoryItem& b) { return a.bytes > b.bytes; });
    return items;
  }

  /// Bringing `m` into its orders: the table at the head of src/problem/prepare_cuda.cpp.
  Bytes sorting(const Order& m, bool in_runs) const {
    const std::int64_t piece = std::min(m.z, std::clamp<std::int64_t>(m.z / 8, 4096, 1 << 20));
    const Bytes taken = bytes_of(m.z, (in_runs ? 2 : 1) * (8 + shape.value_bytes));
    const Bytes taking = taken + bytes_of(piece, 33), relabelling = taken + bytes_of(m.num_rows + m.num_cols, 12);
    const Bytes sorting = bytes_of(m.z, 16 + 3 * shape.value_bytes + col_bytes(m)) + bytes_of(m.z, 1) / 4;
    return std::max({taking, relabelling, sorting}) + bytes_of(m.num_rows + m.num_cols, 24) + plans_bytes(m, rank) +
           4096;
  }
  Bytes preparing() const {
    const Bytes kept = entries_bytes(by_row, shape.stored_bytes) + entries_bytes(by_col, shape.stored_bytes) +
                       plans_bytes(by_row, rank) + plans_bytes(by_col, rank);
    return std::max(sorting(by_row, true), shape.num_holdout > 0 ? kept + sorting(holdout, false) : 0);
  }
};

/// Bytes of a value in the two orders, judged by some values.
template <class T>
int stored_bytes(const std::vector<double>& sample, Center center) {
  if (center == Center::bias) return sizeof(T);  // no two values keep a common step
  const auto coding = find_coding<T>(sample);
  return !coding ? sizeof(T) : coding->largest <= 255 ? 1 : 2;
}

}  // namespace

Bytes MemoryPlan::solving_bytes() const {
  return std::accumulate(solving.begin(), solving.end(), Bytes{0},
                         [](Bytes sum, const MemoryItem& item) { return sum + item.bytes; });
}

Bytes MemoryPlan::bytes() const { return std::max(preparing_bytes, solving_bytes()); }

MemoryPlan plan_memory(const MemoryShape& shape, const Options& options) {
  const Fit fit{shape, options};
  return {fit.preparing(), fit.solving()};
}

MemoryPlan plan_memory(MemoryShape shape, const std::vector<double>& sample, const Options& options) {
  shape.value_bytes = may_be_float(sample) ? 4 : 8;
  shape.stored_bytes = choose_precision(options) == Precision::float64 ? stored_bytes<double>(sample, options.center)
                                                                       : stored_bytes<float>(sample, options.center);
  return plan_memory(shape, options);
}

MemoryPlan plan_device_memory(const Entries& train, const Options& options, const Entries* holdout) {
  const auto sane = [](std::int64_t count) {
    return std::clamp<std::int64_t>(count, 0, INT32_MAX);
  };  // not validated yet
  std::vector<double> sample;
  const std::size_t size = train.values.size();
  for (std::size_t p = 0; p < size; p += 1 + size / kCodingSample) sample.push_back(train.values[p]);
  return plan_memory({.num_rows = sane(train.num_rows),
                      .num_cols = sane(train.num_cols),
                      .num_entries = train.size(),
                      .num_holdout = holdout ? holdout->size() : 0},
                     sample, options);
}

}  // namespace rankfill
