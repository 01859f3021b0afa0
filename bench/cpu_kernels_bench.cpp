// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>

#include "backend/cpu.hpp"
#include "kernels/als_half.hpp"
#include "kernels/gradient_projection.hpp"
#include "kernels/gradient_rows.hpp"
#include "kernels/gradient_scatter.hpp"
#include "kernels/line_search.hpp"
#include "kernels/loss.hpp"
#include "kernels/residual.hpp"
#include "problem/host_problem.hpp"

// CPU kernels on one synthetic matrix with power-law columns: 20,000 x 2,000, about 1 M entries.  Every kernel gathers one
// factor row per entry and pass: `items_per_second` counts these rows, `bytes_per_second` their bytes.

namespace rankfill {
namespace {

Entries power_law_entries() {
  Entries e;
  e.num_rows = 20000;
  e.num_cols = 2000;
  std::vector<std::int32_t> cols;
  for (std::int32_t row = 0; row < e.num_rows; ++row) {
    cols.clear();
    for (std::uint32_t draw = 0; draw < 64; ++draw) {
      const auto bits = philox({static_cast<std::uint32_t>(row), draw, 0, 0}, {1, 0});
      const double uniform = (bits[0] + 0.5) * 0x1p-32;
      cols.push_back(static_cast<std::int32_t>(static_cast<double>(e.num_cols) * uniform * uniform * uniform));
    }
    std::sort(cols.begin(), cols.end());
    cols.erase(std::unique(cols.begin(), cols.end()), cols.end());
    for (const std::int32_t col : cols) {
      e.rows.push_back(row);
      e.cols.push_back(col);
      e.values.push_back(std::sin(0.01 * row) * std::cos(0.02 * col));
    }
  }
  return e;
}

/// The matrix and a random point, ready for every kernel.
struct Fixture {
  explicit Fixture(benchmark::State& state)
      : state(state),
        rank(static_cast<int>(state.range(0))),
        host(prepare_on_host(entries(), {.rank = rank, .regularization = 1}, nullptr)),
        problem(upload_problem<float>(backend, host, rank, Formulation::scatter, true)),
        by_row(problem.observations.by_row),
        at(backend, problem.num_rows, problem.num_cols, rank, "the factors"),
        gradient(backend, problem.num_rows, problem.num_cols, rank, "the gradient"),
        residuals(backend, problem.num_entries, "the residuals"),
        sum(backend, 1, "a sum"),
        sums(backend, kHalfSweepSums, "sums") {
    at.row.values.upload(detail::cast<float>(random_start(0, 0, host.by_row.row_ptr, rank, 1)));
    at.col.values.upload(detail::cast<float>(random_start(0, 1, host.by_col.row_ptr, rank, 1)));
    gradient.copy_from(at);  // any direction will do
  }

  /// Times `kernel`, which passes `passes` times over the entries: one factor row is gathered per entry and pass.
  template <class Kernel>
  void time(int passes, Kernel kernel) {
    for (auto _ : state) kernel();
    const std::int64_t gathered = passes * problem.num_entries * state.iterations();
    state.SetItemsProcessed(gathered);
    state.SetBytesProcessed(gathered * rank * std::int64_t{sizeof(float)});
  }

  static const Entries& entries() {
    static const Entries all = power_law_entries();
    return all;
  }

  benchmark::State& state;
  int rank;
  CpuBackend backend;
  HostProblem host;
  Problem<float, CpuBackend> problem;
  const Csr<float, CpuBackend>& by_row;
  Factors<float, CpuBackend> at, gradient;
  Buffer<float, CpuBackend> residuals;
  Buffer<double, CpuBackend> sum, sums;
};

void bench_residual(benchmark::State& state) {
  Fixture f(state);
  f.time(1, [&] { residual(f.backend, f.by_row, f.at.row, f.at.col, f.residuals); });
}

void bench_loss(benchmark::State& state) {
  Fixture f(state);
  f.time(1, [&] { benchmark::DoNotOptimize(read_squared_error(f.backend, f.by_row, f.at.row, f.at.col)); });
}

void bench_gradient_rows(benchmark::State& state) {
  Fixture f(state);
  f.time(1, [&] { gradient_rows(f.backend, f.by_row, f.at.row, f.at.col, Gather::full, f.gradient.row, f.sum); });
}

void bench_gradient_scatter(benchmark::State& state) {
  Fixture f(state);
  f.time(2, [&] { gradient_scatter(f.backend, f.problem.observations, f.at, f.gradient, f.sum); });
}

void bench_gradient_projection(benchmark::State& state) {
  Fixture f(state);
  f.time(4, [&] { gradient_projection(f.backend, f.problem.observations, f.at, f.residuals, f.gradient, f.sum); });
}

void bench_line_search(benchmark::State& state) {
  Fixture f(state);
  f.time(2, [&] { benchmark::DoNotOptimize(read_line_sums(f.backend, f.by_row, f.at, f.gradient)); });
}

void bench_als_half(benchmark::State& state, int cg_steps) {
  Fixture f(state);
  const Buffer<float, CpuBackend> plain;
  f.time(1, [&] { als_half(f.backend, f.by_row, 1.0, plain, f.at.col, {.cg_steps = cg_steps}, f.at.row, f.sums); });
}

BENCHMARK(bench_residual)->Name("residual")->Arg(16)->Arg(64)->Arg(128)->UseRealTime();
BENCHMARK(bench_loss)->Name("loss")->Arg(16)->Arg(64)->Arg(128)->UseRealTime();
BENCHMARK(bench_gradient_rows)->Name("gradient_rows")->Arg(16)->Arg(64)->Arg(128)->UseRealTime();
BENCHMARK(bench_gradient_scatter)->Name("gradient_scatter")->Arg(16)->Arg(64)->Arg(128)->UseRealTime();
BENCHMARK(bench_gradient_projection)->Name("gradient_projection")->Arg(16)->Arg(64)->Arg(128)->UseRealTime();
BENCHMARK(bench_line_search)->Name("line_search")->Arg(16)->Arg(64)->Arg(128)->UseRealTime();
BENCHMARK_CAPTURE(bench_als_half, exact, 0)->Name("als_half")->Arg(16)->Arg(64)->Arg(128)->UseRealTime();
BENCHMARK_CAPTURE(bench_als_half, three, 3)->Name("als_half, 3 steps")->Arg(16)->Arg(64)->Arg(128)->UseRealTime();

}  // namespace
}  // namespace rankfill
