// SPDX-License-Identifier: Apache-2.0
#include "kernels/generate_entries.hpp"

#include <array>

#include "backend/parallel.hpp"
#include "kernels/detail/draw_entry.hpp"

namespace rankfill {

namespace {

/// Calls visit(column, words of the draw) for the entries of one row that belong to `part`, columns ascending.
template <class Visit>
void for_entries(const Workload<CpuBackend>& w, Part part, std::int64_t row, const Visit& visit) {
  const auto num_draws = static_cast<std::uint32_t>(w.num_draws.data()[row]);
  std::int32_t previous = -1;
  for (std::uint32_t t = 0; t < num_draws; ++t) {
    const auto words = draw_words(w.seed, row, t, DrawStream::draw);
    const std::int32_t col = column_at(draw_place(t, num_draws, words[0]), w.limits.data(), w.num_cols);
    const bool held = words[3] < w.holdout_below;
    if (col != previous && (part == Part::all || held == (part == Part::holdout))) visit(col, words);
    previous = col;
  }
}

}  // namespace

std::int64_t read_entry_count(CpuBackend& backend, const Workload<CpuBackend>& w, Part part,
                              Buffer<std::int64_t, CpuBackend>& row_ptr) {
  std::int64_t* offsets = row_ptr.data();
  for_blocks(backend, w.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      std::int64_t count = 0;
      for_entries(w, part, row, [&](std::int32_t, const auto&) { ++count; });
      offsets[row + 1] = count;
    }
  });
  offsets[0] = 0;
  for (std::int64_t row = 0; row < w.num_rows; ++row) offsets[row + 1] += offsets[row];
  return offsets[w.num_rows];
}

template <class T>
void generate_entries(CpuBackend& backend, const Workload<CpuBackend>& w, Part part,
                      const Buffer<std::int64_t, CpuBackend>& row_ptr, Buffer<std::int32_t, CpuBackend>& row_idx,
                      Buffer<std::int32_t, CpuBackend>& col_idx, Buffer<T, CpuBackend>& values) {
  for_blocks(backend, w.num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      std::array<std::int32_t, kPlantedRank> factor{};
      for (int r = 0; r < kPlantedRank; ++r)
        factor[static_cast<std::size_t>(r)] =
            planted_component(w.seed, row, r, DrawStream::row_factor) * w.spectrum.data()[r];
      const std::int32_t bias = scaled_bias(w.seed, row, DrawStream::row_bias, kRowBiasScale);
      std::int64_t p = row_ptr.data()[row];
      for_entries(w, part, row, [&](std::int32_t col, const auto& words) {
        const std::int64_t dot = planted_dot(factor.data(), w.col_factors.data() + std::int64_t{col} * kPlantedWords);
        const std::int32_t code =
            half_stars(bias + w.col_bias.data()[col], dot, w.signal_scale, bell(words[1], words[2]));
        if (!row_idx.empty()) row_idx.data()[p] = static_cast<std::int32_t>(row);
        col_idx.data()[p] = col;
        values.data()[p] = static_cast<T>(code) / 2;
        ++p;
      });
    }
  });
}

template void generate_entries(CpuBackend&, const Workload<CpuBackend>&, Part, const Buffer<std::int64_t, CpuBackend>&,
                               Buffer<std::int32_t, CpuBackend>&, Buffer<std::int32_t, CpuBackend>&,
                               Buffer<float, CpuBackend>&);
template void generate_entries(CpuBackend&, const Workload<CpuBackend>&, Part, const Buffer<std::int64_t, CpuBackend>&,
                               Buffer<std::int32_t, CpuBackend>&, Buffer<std::int32_t, CpuBackend>&,
                               Buffer<double, CpuBackend>&);

}  // namespace rankfill
