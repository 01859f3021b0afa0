// SPDX-License-Identifier: Apache-2.0
// What this device can do at best, measured the way the kernels use it: fetching rows named by ids.
//
// usage: ceilings [--out FILE] [--toy] [--seconds N]
//
// Every result is checked: gathers against the sum worked out without the table (gather.cuh says what to look for in the
// machine code), the copy word by word, atomics by their total, products by their value.  Nothing here depends on the library
// but for its stream, its memory and its launches.

#include <array>

#include "bench/cuda/gather.cuh"
#include "bench/cuda/harness.hpp"

namespace rankfill::bench {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kIdsMultiple = 256;  ///< of every tile

__global__ void fill_table(std::uint32_t* table, std::int64_t num_words) {
  for (std::int64_t w = grid_thread(); w < num_words; w += grid_threads())
    table[w] = table_word(static_cast<std::uint64_t>(w));
}

/// ids[p] in [0, num_rows): all alike, or `zipf`: P(id) ~ 1 / (id + 1), popular rows first, as after relabelling by count.
__global__ void fill_ids(std::int32_t* ids, std::int64_t count, std::int64_t num_rows, bool zipf, std::uint64_t salt) {
  const float octaves = log2f(static_cast<float>(num_rows + 1));
  for (std::int64_t p = grid_thread(); p < count; p += grid_threads()) {
    const std::uint32_t bits = table_word((salt << 40) + static_cast<std::uint64_t>(p));
    std::int64_t id = static_cast<std::int64_t>((std::uint64_t{bits} * static_cast<std::uint64_t>(num_rows)) >> 32);
    if (zipf) id = static_cast<std::int64_t>(exp2f(static_cast<float>(bits) * 0x1p-32F * octaves)) - 1;
    id = id < 0 ? 0 : id;
    ids[p] = static_cast<std::int32_t>(id < num_rows ? id : num_rows - 1);
  }
}

/// sum += words of the rows named by ids, worked out from table_word alone: what every gather must return.
__global__ void sum_expected(const std::int32_t* ids, std::int64_t count, int words_per_row, std::uint32_t* sum) {
  std::uint32_t mine = 0;
  for (std::int64_t p = grid_thread(); p < count; p += grid_threads()) {
    const std::uint64_t first = static_cast<std::uint64_t>(ids[p]) * static_cast<std::uint64_t>(words_per_row);
    for (int w = 0; w < words_per_row; ++w) mine += table_word(first + static_cast<std::uint64_t>(w));
  }
  mine = warp_sum(mine);
  if (lane_id() == 0) atomicAdd(sum, mine);
}

/// to = from, 16 bytes a lane, four in flight.
__global__ void copy_words(const char* from, uint4* to, std::int64_t count) {
  const std::int64_t stride = grid_threads();
  for (std::int64_t i = grid_thread(); i < count; i += 4 * stride) {
    std::uint32_t x[4][4] = {};
#pragma unroll
    for (int u = 0; u < 4; ++u)
      if (i + u * stride < count) PlainLoad::load(from + (i + u * stride) * 16, x[u]);
#pragma unroll
    for (int u = 0; u < 4; ++u)
      if (i + u * stride < count) to[i + u * stride] = make_uint4(x[u][0], x[u][1], x[u][2], x[u][3]);
  }
}

/// differences += number of words in which `words` is not a table.
__global__ void count_differences(const std::uint32_t* words, std::int64_t count, unsigned* differences) {
  unsigned mine = 0;
  for (std::int64_t w = grid_thread(); w < count; w += grid_threads())
    mine += words[w] != table_word(static_cast<std::uint64_t>(w)) ? 1U : 0U;
  mine = warp_sum(mine);
  if (lane_id() == 0) atomicAdd(differences, mine);
}

struct Sizes {
  std::vector<std::int64_t> tables = {1 * kMiB, 2 * kMiB, 8 * kMiB, 32 * kMiB, 64 * kMiB, 256 * kMiB, 4096 * kMiB};
  std::int64_t copy_bytes = 1024 * kMiB;
  std::int64_t most_bytes_per_call = 2048 * kMiB;
  std::int64_t least_bytes_per_call = 64 * kMiB;
  double seconds_per_call = 0.5e-3;  ///< aimed at; long beside a launch, short beside the run
  int mma_iterations = 4096;
  std::int64_t scatter_rows[2] = {17770, 480189};  ///< the columns and the rows of a Netflix-shaped problem
  Effort effort{3, 20, 0.5};

  static Sizes toy() {
    Sizes s;
    s.tables = {8 << 10, 64 << 10};
    s.copy_bytes = 40 << 10;
    s.most_bytes_per_call = s.least_bytes_per_call = 128 << 10;
    s.mma_iterations = 3;
    s.scatter_rows[0] = 40;
    s.scatter_rows[1] = 300;
    s.effort = {1, 2, 0.5};
    return s;
  }
};

class Ceilings {
 public:
  Ceilings(CudaBackend& backend, Report& report, const Sizes& sizes)
      : backend_(backend),
        report_(report),
        sizes_(sizes),
        multiprocessors_(static_cast<unsigned>(backend.num_multiprocessors())),
        sums_(backend, std::int64_t{multiprocessors_} * 6 * kWarpsPerBlock, "sums of a gather"),
        total_(backend, 1, "a total") {}

  void run() {
    measure_copy();
    allocate();
    check_the_check();
    for (const std::int64_t bytes : sizes_.tables) {
      if (bytes > table_.size()) {
        report_.skip("gather", {{"table_bytes", bytes}}, "does not fit into the free device memory");
        continue;
      }
      for (const bool zipf : {false, true}) {
        gather<2>(bytes, zipf);
        gather<4>(bytes, zipf);
        gather<8>(bytes, zipf);
        gather<16>(bytes, zipf);
        gather<32>(bytes, zipf);
      }
    }
    gather_shared<4>();
    gather_shared<8>();
    gather_shared<16>();
    for (const std::int64_t rows : sizes_.scatter_rows)
      for (const bool zipf : {false, true}) scatter(rows, zipf);
    mma<HalfMma>("fp16");
    mma<Tf32Mma>("tf32");
  }

 private:
  LaunchShape one_wave(unsigned blocks_per_multiprocessor, std::size_t shared_bytes = 0) const {
    return {dim3(multiprocessors_ * blocks_per_multiprocessor), dim3(kBlockThreads), shared_bytes};
  }

  /// Device to device, by a kernel and by the driver; bytes read and written both count.  Fixes how much a call gathers.
  void measure_copy() {
    const auto free = static_cast<std::int64_t>(backend_.free_bytes());
    const std::int64_t bytes = std::min(sizes_.copy_bytes, free / 4 / 16 * 16);
    Buffer<char, CudaBackend> from(backend_, bytes, "the copy's source"), to(backend_, bytes, "the copy's target");
    launch(backend_, one_wave(6), fill_table, reinterpret_cast<std::uint32_t*>(from.data()), bytes / 4);
    const auto timed = [&](const char* by, const auto& copy) {
      poison(backend_, to.data(), to.bytes());
      const Spread spread = measure(backend_, sizes_.effort, 1, copy);
      Buffer<unsigned, CudaBackend> differences(backend_, 1, "a count");
      differences.fill_zero();
      launch(backend_, one_wave(6), count_differences, reinterpret_cast<const std::uint32_t*>(to.data()), bytes / 4,
             differences.data());
      report_.add("copy", {{"by", by}, {"buffer_bytes", bytes}}, "bytes", 2.0 * static_cast<double>(bytes), spread,
                  differences.download()[0] == 0);
      return 2.0 * static_cast<double>(bytes) / spread.median;
    };
    const double rate = timed("kernel", [&](int) {
      launch(backend_, one_wave(6), copy_words, from.data(), reinterpret_cast<uint4*>(to.data()), bytes / 16);
    });
    timed("driver", [&](int) { backend_.copy(to.data(), from.data(), to.bytes()); });
    bytes_per_call_ = std::clamp(static_cast<std::int64_t>(rate * sizes_.seconds_per_call), sizes_.least_bytes_per_call,
                                 sizes_.most_bytes_per_call);
  }

  /// Ids for the smallest rows, twice, and the largest table that leaves a tenth of the memory free.
  void allocate() {
    const std::int64_t most_ids = bytes_per_call_ / 32;
    for (auto& ids : ids_) ids = {backend_, most_ids, "ids to gather"};
    const auto free = static_cast<std::int64_t>(backend_.free_bytes());
    std::int64_t largest = 0;
    for (const std::int64_t bytes : sizes_.tables)
      if (bytes < free - free / 10) largest = std::max(largest, bytes);
    table_ = {backend_, largest, "the table to gather from"};
    launch(backend_, one_wave(6), fill_table, reinterpret_cast<std::uint32_t*>(table_.data()), largest / 4);
  }

  void draw_ids(std::int64_t count, std::int64_t num_rows, bool zipf) {
    for (std::size_t copy = 0; copy < ids_.size(); ++copy)
      launch(backend_, one_wave(6), fill_ids, ids_[copy].data(), count, num_rows, zipf, copy + 1);
  }

  std::uint32_t expected(std::size_t copy, std::int64_t count, int words_per_row) {
    total_.fill_zero();
    launch(backend_, one_wave(6), sum_expected, ids_[copy].data(), count, words_per_row, total_.data());
    return total_.download()[0];
  }

  /// Is the device's own expectation right?  The same sum on the host, for a few ids.
  void check_the_check() {
    constexpr std::int64_t count = kIdsMultiple;
    constexpr int words_per_row = 32;
    draw_ids(count, table_.size() / (4 * words_per_row), true);
    std::vector<std::int32_t> ids(count);
    backend_.download(ids.data(), ids_[0].data(), ids.size() * sizeof(std::int32_t));
    std::uint32_t sum = 0;
    for (const std::int32_t id : ids)
      for (int w = 0; w < words_per_row; ++w)
        sum += table_word(static_cast<std::uint64_t>(id) * words_per_row + static_cast<std::uint64_t>(w));
    report_.add("self_check", {{"ids", count}}, "bytes", 0, {}, sum == expected(0, count, words_per_row));
  }

  /// Times one way to gather, then compares the last call's sums (poisoned before) with what they must be.
  template <class Launch>
  void gather_by(const char* by, Json parameters, std::int64_t count, int row_bytes, unsigned blocks,
                 const std::array<std::uint32_t, 2>& want, const Launch& launch_on) {
    Json all = {{"by", by}};
    all.update(parameters);
    if (report_.out_of_time()) return report_.skip("gather", std::move(all), "out of time");
    poison(backend_, sums_.data(), sums_.bytes());
    const Spread spread =
        measure(backend_, sizes_.effort, 2, [&](int copy) { launch_on(ids_[static_cast<std::size_t>(copy)].data()); });
    bool right = true;
    for (std::size_t copy = 0; copy < 2; ++copy) {
      poison(backend_, sums_.data(), sums_.bytes());
      launch_on(ids_[copy].data());
      const std::vector<std::uint32_t> sums = sums_.download();
      std::uint32_t sum = 0;
      for (std::size_t w = 0; w < std::size_t{blocks} * multiprocessors_ * kWarpsPerBlock; ++w) sum += sums[w];
      right = right && sum == want[copy];
    }
    report_.add("gather", std::move(all), "bytes", static_cast<double>(count) * row_bytes, spread, right);
  }

  template <int lanes>
  void gather(std::int64_t table_bytes, bool zipf) {
    using Four = Walk<lanes, 4>;
    using Eight = Walk<lanes, 8>;
    constexpr int row_bytes = Four::row_bytes;
    const std::int64_t count = bytes_per_call_ / row_bytes / kIdsMultiple * kIdsMultiple;
    draw_ids(count, table_bytes / row_bytes, zipf);
    const std::array<std::uint32_t, 2> want = {expected(0, count, row_bytes / 4), expected(1, count, row_bytes / 4)};
    const Json parameters = {
        {"row_bytes", row_bytes}, {"table_bytes", table_bytes}, {"ids", zipf ? "zipf" : "uniform"}, {"count", count}};
    const char* table = table_.data();
    const auto direct = [&](const char* by, unsigned blocks, auto kernel) {
      gather_by(by, parameters, count, row_bytes, blocks, want, [&](const std::int32_t* ids) {
        launch(backend_, one_wave(blocks), kernel, table, ids, count, sums_.data());
      });
    };
    direct("ldg x4", Four::blocks_per_multiprocessor, gather_rows_warp_per_tile<Four, PlainLoad>);
    direct("ldg x8", Eight::blocks_per_multiprocessor, gather_rows_warp_per_tile<Eight, PlainLoad>);
    direct("ldg x4 evict_last", Four::blocks_per_multiprocessor, gather_rows_warp_per_tile<Four, KeepLoad>);
    constexpr std::size_t ring = std::size_t{kWarpsPerBlock} * kStages * warp_size * sizeof(uint4);
    gather_by("cp.async x8", parameters, count, row_bytes, 6, want, [&](const std::int32_t* ids) {
      launch(backend_, one_wave(6, ring), gather_rows_async<Four>, table, ids, count, sums_.data());
    });
  }

  template <int lanes>
  void gather_shared() {
    using Four = Walk<lanes, 4>;
    constexpr int words = 8 << 10;
    const std::int64_t count = bytes_per_call_ / Four::row_bytes / kIdsMultiple * kIdsMultiple;
    draw_ids(count, words * 4 / Four::row_bytes, false);
    const std::array<std::uint32_t, 2> want = {expected(0, count, Four::row_bytes / 4),
                                               expected(1, count, Four::row_bytes / 4)};
    gather_by("shared memory",
              {{"row_bytes", Four::row_bytes}, {"table_bytes", words * 4}, {"ids", "uniform"}, {"count", count}}, count,
              Four::row_bytes, 6, want, [&](const std::int32_t* ids) {
                launch(backend_, one_wave(6, words * 4), gather_shared_warp_per_tile<Four>,
                       reinterpret_cast<const std::uint32_t*>(table_.data()), words, ids, count, sums_.data());
              });
  }

  /// One vector of four floats per lane, 256-byte rows (rank 64).  A row's count stays below 2^24: exact.
  void scatter(std::int64_t num_rows, bool zipf) {
    constexpr int lanes = 16, row_bytes = 16 * lanes;
    const std::int64_t count = std::max(
        kIdsMultiple, std::min<std::int64_t>(bytes_per_call_ / 8 / row_bytes, 1 << 22) / kIdsMultiple * kIdsMultiple);
    const Json parameters = {{"row_bytes", row_bytes},
                             {"table_bytes", num_rows * row_bytes},
                             {"ids", zipf ? "zipf" : "uniform"},
                             {"count", count}};
    if (report_.out_of_time()) return report_.skip("atomic_add", parameters, "out of time");
    draw_ids(count, num_rows, zipf);
    Buffer<float, CudaBackend> table(backend_, num_rows * 4 * lanes, "the table to add to");
    table.fill_zero();
    const auto once = [&](int copy) {
      launch(backend_, one_wave(6), scatter_add_warp_per_tile<lanes>, table.data(),
             static_cast<const std::int32_t*>(ids_[static_cast<std::size_t>(copy)].data()), count);
    };
    const Spread spread = measure(backend_, sizes_.effort, 2, once);
    table.fill_zero();
    once(0);
    double total = 0;
    for (const float x : table.download()) total += double{x};
    report_.add("atomic_add", parameters, "bytes", static_cast<double>(count) * row_bytes, spread,
                total == static_cast<double>(count) * 4 * lanes);
  }

  template <class Mma>
  void mma(const char* type) {
    const Json parameters = {{"type", type}};
    if (device_description(backend_)["compute_capability"].get<int>() < 80)
      return report_.skip("mma", parameters, "needs compute capability 8.0");
    if (report_.out_of_time()) return report_.skip("mma", parameters, "out of time");
    const LaunchShape shape = one_wave(4);
    const std::int64_t threads = std::int64_t{shape.grid.x} * kBlockThreads;
    Buffer<float, CudaBackend> out(backend_, threads, "sums of products");
    poison(backend_, out.data(), out.bytes());
    const Spread spread = measure(backend_, sizes_.effort, 1, [&](int) {
      launch(backend_, shape, mma_rate_warp<Mma>, sizes_.mma_iterations, out.data());
    });
    float want = 0;
    for (int c = 0; c < kMmaChains; ++c) want += 4.0F * static_cast<float>(c + sizes_.mma_iterations * Mma::depth);
    bool right = true;
    for (const float x : out.download()) right = right && x == want;
    const double products = double{kMmaChains} * sizes_.mma_iterations * static_cast<double>(threads / warp_size);
    report_.add("mma", parameters, "flops", 2.0 * 16 * 8 * Mma::depth * products, spread, right);
  }

  CudaBackend& backend_;
  Report& report_;
  Sizes sizes_;
  unsigned multiprocessors_;
  std::int64_t bytes_per_call_ = 0;
  Buffer<char, CudaBackend> table_;
  std::array<Buffer<std::int32_t, CudaBackend>, 2> ids_;
  Buffer<std::uint32_t, CudaBackend> sums_;
  Buffer<std::uint32_t, CudaBackend> total_;
};

}  // namespace
}  // namespace rankfill::bench

int main(int argc, char** argv) {
  using namespace rankfill::bench;
  return run_program("ceilings", argc, argv, [](Report& report, const Arguments& arguments) {
    rankfill::CudaBackend backend(0);
    report.header()["device"] = device_description(backend);
    Ceilings(backend, report, arguments.toy ? Sizes::toy() : Sizes{}).run();
  });
}
