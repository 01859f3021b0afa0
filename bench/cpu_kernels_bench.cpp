// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>

#include "backend/cpu.hpp"
#include "kernels/als_half.hpp"
#include "kernels/gradient_rows.hpp"
#include "kernels/loss.hpp"
#include "problem/problem.hpp"

// CPU kernels on one synthetic matrix with power-law columns: 20,000 x 2,000, about 1 M entries.

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

struct Fixture {
  explicit Fixture(int rank)
      : host(prepare_on_host(entries(), {.rank = rank, .regularization = 1}, nullptr)),
        problem(upload_problem<float>(backend, host, rank, Formulation::entries, false)),
        at(backend, problem.num_rows, problem.num_cols, rank, "the factors"),
        gradient(backend, problem.num_rows, problem.num_cols, rank, "the gradient"),
        sum(backend, 1, "a sum"),
        sums(backend, kHalfSweepSums, "sums") {
    at.row.values.upload(detail::cast<float>(random_start(0, 0, host.by_row.row_ptr, rank, 1)));
    at.col.values.upload(detail::cast<float>(random_start(0, 1, host.by_col.row_ptr, rank, 1)));
  }
  static const Entries& entries() {
    static const Entries all = power_law_entries();
    return all;
  }
  std::int64_t gathered_bytes() const { return problem.num_entries * at.row.rank * std::int64_t{sizeof(float)}; }

  CpuBackend backend;
  HostProblem host;
  Problem<float, CpuBackend> problem;
  Factors<float, CpuBackend> at, gradient;
  Buffer<double, CpuBackend> sum, sums;
};

void loss(benchmark::State& state) {
  Fixture f(static_cast<int>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(read_squared_error(f.backend, f.problem.observations.by_row, f.at.row, f.at.col));
  state.SetBytesProcessed(state.iterations() * f.gathered_bytes());
}

void gradient_of_rows(benchmark::State& state) {
  Fixture f(static_cast<int>(state.range(0)));
  for (auto _ : state)
    gradient_rows(f.backend, f.problem.observations.by_row, f.at.row, f.at.col, Gather::full, f.gradient.row, f.sum);
  state.SetBytesProcessed(state.iterations() * f.gathered_bytes());
}

void als_half_rows(benchmark::State& state) {
  Fixture f(static_cast<int>(state.range(0)));
  const Buffer<float, CpuBackend> plain;
  for (auto _ : state) als_half(f.backend, f.problem.observations.by_row, 1.0, plain, f.at.col, {}, f.at.row, f.sums);
  state.SetItemsProcessed(state.iterations() * f.problem.num_entries);
}

BENCHMARK(loss)->Arg(16)->Arg(64)->Arg(128)->UseRealTime();
BENCHMARK(gradient_of_rows)->Arg(16)->Arg(64)->Arg(128)->UseRealTime();
BENCHMARK(als_half_rows)->Arg(16)->Arg(64)->Arg(128)->UseRealTime();

}  // namespace
}  // namespace rankfill
