// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "backend/cuda_feed.hpp"
#include "problem/sort.hpp"
#include "problem/taken_entries.hpp"

namespace rankfill {

namespace {

/// What was taken, unless an entry is wrong, which refuse(number) then says, or some value is no S.
template <class S, class Refuse>
std::optional<TakenEntries<S>> judged(TakenEntries<S> taken, Census<CudaBackend> census, const Refuse& refuse) {
  const auto found = census.found.download();
  if (found[0] != ~0ULL) refuse(found[0]);
  if (found[1] != 0) return std::nullopt;
  taken.row_counts = std::move(census.row_counts);
  taken.col_counts = std::move(census.col_counts);
  return taken;
}

}  // namespace

template <class S>
std::optional<TakenEntries<S>> take_as(CudaBackend& backend, const Entries& entries, bool holdout,
                                       std::int64_t piece_length, std::int64_t run_length) {
  const KeyLayout layout(entries.num_rows, entries.num_cols);
  const std::int64_t size = entries.size();
  TakenEntries<S> taken{{backend, size, "the entries"}, {}, {}, holdout ? 0 : run_length};
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
  return judged(std::move(taken), std::move(census),
                [&](auto p) { validate_entry(entries, static_cast<std::size_t>(p), holdout); });
}

template <class S>
std::optional<TakenEntries<S>> take_as(CudaBackend& backend, const DeviceEntries& entries, bool holdout) {
  const KeyLayout layout(entries.num_rows, entries.num_cols);
  TakenEntries<S> taken{{backend, entries.size(), "the entries"}, {}, {}, 0};
  Census<CudaBackend> census(backend, layout, !holdout);
  const EntryPiece piece = piece_of(entries);
  take_entries(backend, piece, layout, holdout, taken.pairs.keys, taken.pairs.values, census);
  return judged(std::move(taken), std::move(census), [&](auto number) {
    const auto p = static_cast<std::int64_t>(number);
    const GivenEntry wrong = read_given(backend, piece, p, piece.count).front();
    validate_entry(entries, p, wrong.row, wrong.col, wrong.value, holdout);
  });
}

std::vector<GivenEntry> read_sample(CudaBackend&, const Entries& entries, std::int64_t count) {
  std::vector<GivenEntry> sample;
  const std::size_t size = entries.values.size(), step = 1 + size / static_cast<std::size_t>(count);
  for (std::size_t p = 0; p < size; p += step) sample.push_back({entries.rows[p], entries.cols[p], entries.values[p]});
  return sample;
}

std::vector<GivenEntry> read_sample(CudaBackend& backend, const DeviceEntries& entries, std::int64_t count) {
  return read_given(backend, piece_of(entries), 0, 1 + entries.size() / count);
}

std::vector<double> values_of(const std::vector<GivenEntry>& entries) {
  std::vector<double> values(entries.size());
  std::transform(entries.begin(), entries.end(), values.begin(), [](const GivenEntry& e) { return e.value; });
  return values;
}

template std::optional<TakenEntries<float>> take_as(CudaBackend&, const Entries&, bool, std::int64_t, std::int64_t);
template std::optional<TakenEntries<double>> take_as(CudaBackend&, const Entries&, bool, std::int64_t, std::int64_t);
template std::optional<TakenEntries<float>> take_as(CudaBackend&, const DeviceEntries&, bool);
template std::optional<TakenEntries<double>> take_as(CudaBackend&, const DeviceEntries&, bool);

}  // namespace rankfill
