// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "backend/cuda_feed.hpp"
#include "problem/device_entries.hpp"
#include "problem/sort.hpp"

namespace rankfill {

template <class S>
std::optional<DeviceEntries<S>> take_as(CudaBackend& backend, const Entries& entries, bool holdout,
                                        std::int64_t piece_length, std::int64_t run_length) {
  const KeyLayout layout(entries.num_rows, entries.num_cols);
  const std::int64_t size = entries.size();
  DeviceEntries<S> taken{{backend, size, "the entries"}, {}, {}, holdout ? 0 : run_length};
  Census<CudaBackend> census(backend, layout, !holdout);
  if (!holdout) taken.pairs.make_spares(backend);
  {
    const auto slot = static_cast<std::size_t>(std::min(size, piece_length));
    CudaFeed feed(backend, slot * 16, "pieces of the entries");
    Buffer<std::byte, CudaBackend> scratch;
    std::int64_t run = 0;  // where the one under way begins
    for (std::int64_t first = 0; first < size; first += piece_length) {
      const std::int64_t count = std::min(piece_length, size - first);
      const auto n = static_cast<std::size_t>(count);
      feed.pass(
          [&](std::byte* to) {  // values first, which are aligned to 8 bytes wherever the rest begins
            feed.copy(to, entries.values.data() + first, n * 8);
            feed.copy(to + n * 8, entries.rows.data() + first, n * 4);
            feed.copy(to + n * 12, entries.cols.data() + first, n * 4);
          },
          [&](const std::byte* at) {
            const EntryPiece piece{.rows = reinterpret_cast<const std::int32_t*>(at + n * 8),
                                   .cols = reinterpret_cast<const std::int32_t*>(at + n * 12),
                                   .values = reinterpret_cast<const double*>(at),
                                   .first = first,
                                   .count = count};
            take_entries(backend, piece, layout, holdout, taken.pairs.keys, taken.pairs.values, census);
          });
      const std::int64_t end = first + count;
      if (!holdout && (end == size || end - run == run_length)) {
        sort_run(backend, taken.pairs, run, end - run, 0, layout.col_bits, scratch);
        run = end;
      }
    }
  }
  const auto found = census.found.download();
  if (found[0] != ~0ULL) validate_entry(entries, static_cast<std::size_t>(found[0]), holdout);
  if (found[1] != 0) return std::nullopt;
  taken.row_counts = std::move(census.row_counts);
  taken.col_counts = std::move(census.col_counts);
  return taken;
}

template std::optional<DeviceEntries<float>> take_as(CudaBackend&, const Entries&, bool, std::int64_t, std::int64_t);
template std::optional<DeviceEntries<double>> take_as(CudaBackend&, const Entries&, bool, std::int64_t, std::int64_t);

}  // namespace rankfill
