// SPDX-License-Identifier: Apache-2.0
#include "kernels/generate_entries.hpp"

#include <numeric>
#include <vector>

#include "kernels/detail/draw_entry.hpp"
#include "kernels/detail/ordered_sum.cuh"

namespace rankfill {

namespace {

/// The tables of a Workload, as a kernel takes them.
struct Tables {
  std::int64_t num_rows, num_cols;
  std::uint64_t seed;
  std::uint32_t holdout_below;
  std::int64_t signal_scale;
  Part part;
  const std::int32_t* num_draws;
  const std::uint64_t* limits;
  const std::int32_t* col_bias;
  const std::uint32_t* col_factors;
  const std::int32_t* spectrum;
};

Tables tables_of(const Workload<CudaBackend>& w, Part part) {
  return {w.num_rows,           w.num_cols,       w.seed,
          w.holdout_below,      w.signal_scale,   part,
          w.num_draws.data(),   w.limits.data(),  w.col_bias.data(),
          w.col_factors.data(), w.spectrum.data()};
}

/// A lane takes a draw, a warp 32 of them: calls visit(kept, mask of the lanes that keep theirs, column, words) for each 32,
/// by all lanes.  A draw is kept when its column is not that of the draw before it, and it belongs to the part asked for.
template <class Visit>
__device__ __forceinline__ void for_draws(const Tables& w, std::int64_t row, const Visit& visit) {
  const auto num_draws = static_cast<std::uint32_t>(w.num_draws[row]);
  std::int32_t carried = -1;  // the column of the draw before these 32
  for (std::uint32_t first = 0; first < num_draws; first += warp_size) {
    const std::uint32_t t = first + static_cast<std::uint32_t>(lane_id());
    const bool drawn = t < num_draws;
    const auto words = draw_words(w.seed, row, t, DrawStream::draw);
    const std::int32_t col = drawn ? column_at(draw_place(t, num_draws, words[0]), w.limits, w.num_cols) : -1;
    const std::int32_t before = __shfl_up_sync(full_warp, col, 1);
    const bool held = words[3] < w.holdout_below;
    const bool kept = drawn && col != (lane_id() == 0 ? carried : before) &&
                      (w.part == Part::all || held == (w.part == Part::holdout));
    carried = __shfl_sync(full_warp, col, warp_size - 1);
    visit(kept, __ballot_sync(full_warp, kept), col, words);
  }
}

__global__ void count_entries_warp_per_row(Tables w, std::int64_t* counts) {
  for (std::int64_t row = grid_warp(); row < w.num_rows; row += grid_warps()) {
    std::int64_t count = 0;
    for_draws(w, row, [&](bool, unsigned mask, std::int32_t, const auto&) { count += __popc(mask); });
    if (lane_id() == 0) counts[row] = count;
  }
}

/// The weighted planted factor of a warp's row lies in shared memory: 64 numbers per warp.
template <class T>
__global__ void generate_entries_warp_per_row(Tables w, const std::int64_t* row_ptr, std::int32_t* row_idx,
                                              std::int32_t* col_idx, T* values) {
  std::int32_t* factor = shared_memory<std::int32_t>() + threadIdx.x / warp_size * kPlantedRank;
  const unsigned lanes_below = (1U << lane_id()) - 1;
  for (std::int64_t row = grid_warp(); row < w.num_rows; row += grid_warps()) {
    for (int r = lane_id(); r < kPlantedRank; r += warp_size)
      factor[r] = planted_component(w.seed, row, r, DrawStream::row_factor) * w.spectrum[r];
    const std::int32_t bias = scaled_bias(w.seed, row, DrawStream::row_bias, kRowBiasScale);
    __syncwarp();
    std::int64_t p = row_ptr[row];
    for_draws(w, row, [&](bool kept, unsigned mask, std::int32_t col, const auto& words) {
      if (kept) {
        const std::int64_t at = p + __popc(mask & lanes_below);
        const std::int64_t dot = planted_dot(factor, w.col_factors + std::int64_t{col} * kPlantedWords);
        const std::int32_t code = half_stars(bias + w.col_bias[col], dot, w.signal_scale, bell(words[1], words[2]));
        if (row_idx) row_idx[at] = static_cast<std::int32_t>(row);
        col_idx[at] = col;
        values[at] = static_cast<T>(code) / 2;
      }
      p += __popc(mask);
    });
    __syncwarp();  // before the next row's factor overwrites this one's
  }
}

}  // namespace

std::int64_t read_entry_count(CudaBackend& backend, const Workload<CudaBackend>& w, Part part,
                              Buffer<std::int64_t, CudaBackend>& row_ptr) {
  launch(backend, warp_per_row_shape(w.num_rows), count_entries_warp_per_row, tables_of(w, part), row_ptr.data() + 1);
  std::vector<std::int64_t> offsets = row_ptr.download();
  offsets[0] = 0;
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  row_ptr.upload(offsets);
  return offsets.back();
}

template <class T>
void generate_entries(CudaBackend& backend, const Workload<CudaBackend>& w, Part part,
                      const Buffer<std::int64_t, CudaBackend>& row_ptr, Buffer<std::int32_t, CudaBackend>& row_idx,
                      Buffer<std::int32_t, CudaBackend>& col_idx, Buffer<T, CudaBackend>& values) {
  LaunchShape shape = warp_per_row_shape(w.num_rows);
  shape.shared_bytes = std::size_t{kWarpsPerBlock} * kPlantedRank * sizeof(std::int32_t);
  launch(backend, shape, generate_entries_warp_per_row<T>, tables_of(w, part), row_ptr.data(), row_idx.data(),
         col_idx.data(), values.data());
}

template void generate_entries(CudaBackend&, const Workload<CudaBackend>&, Part,
                               const Buffer<std::int64_t, CudaBackend>&, Buffer<std::int32_t, CudaBackend>&,
                               Buffer<std::int32_t, CudaBackend>&, Buffer<float, CudaBackend>&);
template void generate_entries(CudaBackend&, const Workload<CudaBackend>&, Part,
                               const Buffer<std::int64_t, CudaBackend>&, Buffer<std::int32_t, CudaBackend>&,
                               Buffer<std::int32_t, CudaBackend>&, Buffer<double, CudaBackend>&);

}  // namespace rankfill
