// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <Eigen/Core>

#include "backend/cpu.hpp"
#include "bench/power_law.hpp"

// What the machine can do at most, on all its threads, in the same run as the kernels it bounds: memory streamed, factor rows
// gathered in the order of the kernels' own matrix, and products of matrices that lie in the cache.

namespace rankfill {
namespace {

/// a <- b + s c over arrays that no cache holds; three streams.
void bench_triad(benchmark::State& state) {
  constexpr std::int64_t count = 32 << 20;  // 128 MiB each
  std::vector<float> a(count), b(count, 1), c(count, 2);
  for (auto _ : state) {
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < count; ++i)
      a[static_cast<std::size_t>(i)] = b[static_cast<std::size_t>(i)] + 3 * c[static_cast<std::size_t>(i)];
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * count * 12);
}

/// Every entry's row of the column factor, added up in registers: the least that a kernel does with what it gathers.
template <int rank>
void bench_gather(benchmark::State& state) {
  static const Entries entries = bench::power_law_entries();
  const std::vector<float> table(static_cast<std::size_t>(entries.num_cols * rank), 1);
  const auto count = static_cast<std::int64_t>(entries.cols.size());
  constexpr std::int64_t piece = 2048;
  for (auto _ : state) {
#pragma omp parallel for schedule(dynamic)
    for (std::int64_t first = 0; first < count; first += piece) {
      float sum[rank] = {};
      for (std::int64_t p = first; p < std::min(count, first + piece); ++p) {
        const float* row = table.data() + std::int64_t{entries.cols[static_cast<std::size_t>(p)]} * rank;
        for (int t = 0; t < rank; ++t) sum[t] += row[t];
      }
      benchmark::DoNotOptimize(sum);
    }
  }
  state.SetItemsProcessed(state.iterations() * count);
  state.SetBytesProcessed(state.iterations() * count * rank * std::int64_t{sizeof(float)});
}

/// Every thread multiplies matrices of its own.
void bench_product(benchmark::State& state) {
  const Eigen::Index n = 256;
  const CpuBackend backend;
  const Eigen::MatrixXf a = Eigen::MatrixXf::Constant(n, n, 0.5F), b = Eigen::MatrixXf::Constant(n, n, 0.25F);
  std::vector<Eigen::MatrixXf> c(static_cast<std::size_t>(backend.threads()), Eigen::MatrixXf(n, n));
  for (auto _ : state) {
#pragma omp parallel for schedule(static) num_threads(backend.threads())
    for (std::size_t thread = 0; thread < c.size(); ++thread)
      for (int times = 0; times < 16; ++times) c[thread].noalias() = a * b;
    benchmark::ClobberMemory();
  }
  const double flops = 2.0 * static_cast<double>(n * n * n) * 16 * static_cast<double>(c.size());
  state.counters["flops"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(bench_triad)->Name("ceiling: memory")->UseRealTime();
BENCHMARK(bench_gather<16>)->Name("ceiling: gather/16")->UseRealTime();
BENCHMARK(bench_gather<64>)->Name("ceiling: gather/64")->UseRealTime();
BENCHMARK(bench_gather<128>)->Name("ceiling: gather/128")->UseRealTime();
BENCHMARK(bench_product)->Name("ceiling: product")->UseRealTime();

}  // namespace
}  // namespace rankfill
