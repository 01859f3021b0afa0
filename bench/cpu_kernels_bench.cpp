// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include "backend/cpu.hpp"
#include "bench/power_law.hpp"
#include "kernels/als_half.hpp"
#include "kernels/gradient_projection.hpp"
#include "kernels/gradient_rows.hpp"
#include "kernels/gradient_scatter.hpp"
#include "kernels/line_search.hpp"
#include "kernels/loss.hpp"
#include "kernels/residual.hpp"
#include "problem/host_problem.hpp"

// CPU kernels on the matrix of bench/power_law.hpp.  Every kernel gathers one factor row per entry and pass: `items_per_second`
// counts these rows, `bytes_per_second` their bytes, and `flops` the multiplications and additions that the formula has.  The
// limits of the machine for the same: bench/cpu_ceilings.cpp.

namespace rankfill {
namespace {

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

  /// Times `kernel`, which passes `passes` times over the entries: one factor row is gathered per entry and pass; `flops` in all.
  template <class Kernel>
  void time(int passes, double flops, Kernel kernel) {
    for (auto _ : state) kernel();
    const std::int64_t gathered = passes * problem.num_entries * state.iterations();
    state.SetItemsProcessed(gathered);
    state.SetBytesProcessed(gathered * rank * std::int64_t{sizeof(float)});
    state.counters["flops"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
  }
  double entries_times_rank() const { return static_cast<double>(problem.num_entries) * rank; }

  static const Entries& entries() {
    static const Entries all = bench::power_law_entries();
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
  f.time(1, 2 * f.entries_times_rank(), [&] { residual(f.backend, f.by_row, f.at.row, f.at.col, f.residuals); });
}

void bench_loss(benchmark::State& state) {
  Fixture f(state);
  f.time(1, 2 * f.entries_times_rank(),
         [&] { benchmark::DoNotOptimize(read_squared_error(f.backend, f.by_row, f.at.row, f.at.col)); });
}

void bench_gradient_rows(benchmark::State& state) {
  Fixture f(state);
  f.time(1, 4 * f.entries_times_rank(),
         [&] { gradient_rows(f.backend, f.by_row, f.at.row, f.at.col, Gather::full, f.gradient.row, f.sum); });
}

void bench_gradient_scatter(benchmark::State& state) {
  Fixture f(state);
  f.time(2, 6 * f.entries_times_rank(),
         [&] { gradient_scatter(f.backend, f.problem.observations, f.at, f.gradient, f.sum); });
}

void bench_gradient_projection(benchmark::State& state) {
  Fixture f(state);
  f.time(4, 6 * f.entries_times_rank(),
         [&] { gradient_projection(f.backend, f.problem.observations, f.at, f.residuals, f.gradient, f.sum); });
}

void bench_line_search(benchmark::State& state) {
  Fixture f(state);
  f.time(2, 6 * f.entries_times_rank(),
         [&] { benchmark::DoNotOptimize(read_line_sums(f.backend, f.by_row, f.at, f.gradient)); });
}

void bench_als_half(benchmark::State& state, int cg_steps) {
  Fixture f(state);
  const Buffer<float, CpuBackend> plain;
  // Exact: the lower triangle and the residual's projection, then Cholesky's decomposition and two solves.  Else a residual and its
  // projection, and as much for each step.
  const double k = f.rank, rows = static_cast<double>(f.problem.num_rows);
  const double exact = f.entries_times_rank() * (k + 5) + rows * (k * k * k / 3 + 2 * k * k);
  f.time(1, cg_steps == 0 ? exact : 4 * (1 + cg_steps) * f.entries_times_rank(),
         [&] { als_half(f.backend, f.by_row, 1.0, plain, f.at.col, {.cg_steps = cg_steps}, f.at.row, f.sums); });
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
