// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <optional>
#include <type_traits>
#include <utility>

#include "backend/cuda.hpp"
#include "kernels/prepare/center.hpp"
#include "kernels/prepare/narrow.hpp"
#include "kernels/prepare/runs.hpp"
#include "problem/host_problem.hpp"
#include "problem/prepare.hpp"
#include "problem/taken_entries.hpp"

// Everything per entry is done on the device; the host sees offsets, sums and a sample.  The steps, with z entries, S bytes for a
// value as it came (4 or 8), c for a column index (2 or 4), and the device bytes while they run:
//     take       upload, validate, count, sort in runs       z (16 + 2 S), and two pieces: 4 z or 32 MiB
//       or, of entries on the device already, no upload      z (8 + S): they are read where they lie, and sorted later
//     relabel    both sides by descending count              z (16 + 2 S), and 32 per row, then per column
//     merge      the runs, by column                         z (17 + 2 S), and 16 per column
//     by row     sort that by row, reject duplicates         z (16 + 2 S)
//     by column  sort that by column, stably                 z (16 + 2 S) + z (S + c), the most: z (16 + 3 S + c)
//     centre     sums over rows and columns in turn          z (2 S + 2 c)
//     narrow     subtract, code; one order, then the other   z (2 S + 2 c), and z times 1, 2 or the scalar
// and besides 8 bytes for each row and column per array of offsets, counts or biases, the row plans, and the scratch of a sort, less
// than z.  Held-out entries go the same way as far as "by row", after the training entries have come to rest.

namespace rankfill {

namespace {

template <class S>
using DeviceCsr = Csr<S, CudaBackend>;

/// The first `count` sorted pairs as a matrix whose rows are those of `order`.  Without values.
template <class S>
DeviceCsr<S> compress(CudaBackend& backend, const KeyLayout& layout, Side order,
                      const SortedPairs<S, CudaBackend>& pairs, std::int64_t count, int rank, const char* purpose) {
  DeviceCsr<S> m;
  m.num_rows = order == Side::row ? layout.num_rows : layout.num_cols;
  m.num_cols = order == Side::row ? layout.num_cols : layout.num_rows;
  m.num_entries = count;
  m.row_ptr = {backend, m.num_rows + 1, purpose};
  row_offsets(backend, layout, order, pairs.keys, count, m.row_ptr);
  const Side other = order == Side::row ? Side::col : Side::row;
  if (m.num_cols <= kNarrowCols) {
    m.narrow_col_idx = {backend, count, purpose};
    unpack(backend, layout, other, pairs.keys, m.narrow_col_idx);
  } else {
    m.col_idx = {backend, count, purpose};
    unpack(backend, layout, other, pairs.keys, m.col_idx);
  }
  add_row_plans(backend, m.row_ptr.download(), rank, m);
  return m;
}

/// center(), by places.
template <class S>
Offsets<CudaBackend> center_on_device(CudaBackend& backend, const Observations<S, CudaBackend>& raw,
                                      const Options& options) {
  Offsets<CudaBackend> offsets;
  if (options.center == Center::none) return offsets;
  offsets.mean = read_sum(backend, raw.by_row.values) / static_cast<double>(raw.by_row.num_entries);
  if (options.center == Center::bias) {
    const Buffer<double, CudaBackend> none;
    offsets.row_bias = {backend, raw.by_row.num_rows, "the biases"};
    offsets.col_bias = {backend, raw.by_col.num_rows, "the biases"};
    for (int round = 0; round < kBiasRounds; ++round) {
      damped_bias(backend, raw.by_col, offsets.mean, round == 0 ? none : offsets.row_bias, options.bias_damping,
                  offsets.col_bias);
      damped_bias(backend, raw.by_row, offsets.mean, offsets.col_bias, options.bias_damping, offsets.row_bias);
    }
  }
  return offsets;
}

std::vector<double> by_index(const Buffer<double, CudaBackend>& bias, const Buffer<std::int32_t, CudaBackend>& order) {
  if (bias.empty()) return {};
  const auto by_place = bias.download();
  const auto indices = order.download();
  std::vector<double> values(by_place.size());
  for (std::size_t r = 0; r < values.size(); ++r) values[static_cast<std::size_t>(indices[r])] = by_place[r];
  return values;
}

/// Some of the centred values, evenly spread over the entries as they came; those with an unseen index left out.
template <class Given>
std::vector<double> sample_of(CudaBackend& backend, const Given& entries, const Centering& centering) {
  std::vector<double> sample;
  for (const GivenEntry& e : read_sample(backend, entries, kCodingSample))
    if (e.row >= 0 && e.col >= 0)
      sample.push_back(e.value - centering.at(static_cast<std::int32_t>(e.row), static_cast<std::int32_t>(e.col)));
  return sample;
}

/// The values less their offsets, coded if the coding holds them all; else it is dropped.
template <class T, class S>
DeviceCsr<T> narrow(CudaBackend& backend, DeviceCsr<S> raw, Side order, const Offsets<CudaBackend>& offsets,
                    std::optional<ValueCoding<T>>& coding, double within, const char* purpose) {
  DeviceCsr<T> m;
  const auto code = [&](auto& codes) {
    codes = {backend, raw.num_entries, purpose};
    if (read_encoded(backend, raw, order, offsets, *coding, within, codes)) return true;
    codes = {};
    return false;
  };
  if (coding && !(coding->largest <= 255 ? code(m.codes8) : code(m.codes16))) coding.reset();
  if (coding) {
    m.code_offset = coding->offset;
    m.code_step = coding->step;
  } else if constexpr (std::is_same_v<T, S>) {
    subtract_offsets(backend, raw, order, offsets, raw.values);
    m.values = std::move(raw.values);
  } else {
    m.values = {backend, raw.num_entries, purpose};
    subtract_offsets(backend, raw, order, offsets, m.values);
  }
  m.num_rows = raw.num_rows;
  m.num_cols = raw.num_cols;
  m.num_entries = raw.num_entries;
  m.row_ptr = std::move(raw.row_ptr);
  m.col_idx = std::move(raw.col_idx);
  m.narrow_col_idx = std::move(raw.narrow_col_idx);
  m.gradient_plan = std::move(raw.gradient_plan);
  m.solve_plan = std::move(raw.solve_plan);
  return m;
}

/// From the training entries to the problem of the held-out ones.
struct Passed {
  Buffer<std::int32_t, CudaBackend> row_place, col_place;  ///< index -> place
  Offsets<CudaBackend> offsets;
};

/// From indices to places, and in order of the columns'.
template <class S>
SortedPairs<S, CudaBackend> sort_by_column(CudaBackend& backend, const KeyLayout& layout, const Passed& passed,
                                           const Buffer<std::int32_t, CudaBackend>& col_order,
                                           TakenEntries<S> entries) {
  if (entries.run_length > 0) {
    merge_runs(backend, layout, entries.run_length, passed.row_place, passed.col_place, col_order, entries.pairs);
  } else {
    relabel(backend, layout, passed.row_place, passed.col_place, entries.pairs.keys);
    sort_by_bits(backend, entries.pairs, 0, layout.col_bits);
  }
  return std::move(entries.pairs);
}

/// Both orders, as the values came.  `pairs`: in order of their columns.
template <class S, class Given>
Observations<S, CudaBackend> sort_both_ways(CudaBackend& backend, const Given& train, const KeyLayout& layout, int rank,
                                            SortedPairs<S, CudaBackend> pairs,
                                            const Buffer<std::int32_t, CudaBackend>& row_order,
                                            const Buffer<std::int32_t, CudaBackend>& col_order) {
  Observations<S, CudaBackend> raw;
  sort_by_bits(backend, pairs, layout.col_bits, layout.bits());  // stable, so columns ascend within a row
  if (const auto pair = read_duplicate(backend, layout, pairs.keys, row_order, col_order))
    throw_duplicate(train, pair->first, pair->second);
  raw.by_row = compress(backend, layout, Side::row, pairs, train.size(), rank, "the entries by row");
  raw.by_row.values = {backend, train.size(), "the entries by row"};
  raw.by_row.values.copy_from(pairs.values);
  sort_by_bits(backend, pairs, 0, layout.col_bits);  // stable, so rows ascend within a column
  pairs.free_spares();
  raw.by_col = compress(backend, layout, Side::col, pairs, train.size(), rank, "the entries by column");
  raw.by_col.values = std::move(pairs.values);
  return raw;
}

template <class T, class S, class Given>
Passed add_train(CudaBackend& backend, const Given& train, const Options& options, TakenEntries<S> entries,
                 Problem<T, CudaBackend>& p) {
  const KeyLayout layout(train.num_rows, train.num_cols);
  Passed passed;
  order_by_count(backend, entries.row_counts, train.size(), p.row_order, passed.row_place);
  order_by_count(backend, entries.col_counts, train.size(), p.col_order, passed.col_place);
  entries.row_counts = {}, entries.col_counts = {};
  auto pairs = sort_by_column(backend, layout, passed, p.col_order, std::move(entries));
  auto raw = sort_both_ways(backend, train, layout, options.rank, std::move(pairs), p.row_order, p.col_order);
  passed.offsets = center_on_device(backend, raw, options);
  const Spread spread = read_spread(backend, raw.by_row, passed.offsets);

  p.num_rows = train.num_rows;
  p.num_cols = train.num_cols;
  p.num_entries = train.size();
  p.empty_rows = raw.by_row.gradient_plan.empty_rows.size();
  p.empty_cols = raw.by_col.gradient_plan.empty_rows.size();
  p.centering = {passed.offsets.mean, by_index(passed.offsets.row_bias, p.row_order),
                 by_index(passed.offsets.col_bias, p.col_order)};
  p.value_rms = std::sqrt(spread.squares / static_cast<double>(p.num_entries));
  complete(p, options);

  const double within = coding_tolerance<T>(spread.low, spread.high);
  auto coding = propose_coding<T>(spread.low, spread.high, sample_of(backend, train, p.centering));
  p.observations.by_row =
      narrow<T>(backend, std::move(raw.by_row), Side::row, passed.offsets, coding, within, "the entries by row");
  p.observations.by_col =
      narrow<T>(backend, std::move(raw.by_col), Side::col, passed.offsets, coding, within, "the entries by column");
  return passed;
}

Unseen unseen_of(CudaBackend&, const Entries& holdout, const Centering& centering, const Passed&) {
  Unseen unseen;
  for (std::size_t i = 0; i < holdout.values.size(); ++i)
    if (holdout.rows[i] < 0 || holdout.cols[i] < 0) {
      const double error = holdout.values[i] - centering.at(holdout.rows[i], holdout.cols[i]);
      unseen.squared_error += error * error;
      ++unseen.count;
    }
  return unseen;
}
Unseen unseen_of(CudaBackend& backend, const DeviceEntries& holdout, const Centering&, const Passed& passed) {
  return read_unseen(backend, piece_of(holdout), passed.offsets, passed.row_place, passed.col_place);
}

template <class T, class S, class Given>
void add_holdout(CudaBackend& backend, const Given& holdout, const Passed& passed, int rank, TakenEntries<S> entries,
                 Problem<T, CudaBackend>& p) {
  constexpr const char* purpose = "the held-out entries";
  const Unseen unseen = unseen_of(backend, holdout, p.centering, passed);
  p.num_holdout = holdout.size();
  p.unseen_squared_error = unseen.squared_error;
  const std::int64_t known = p.num_holdout - unseen.count;
  const KeyLayout layout(p.num_rows, p.num_cols);
  relabel(backend, layout, passed.row_place, passed.col_place, entries.pairs.keys);
  sort_by_bits(backend, entries.pairs, 0, layout.bits() + 1);  // those left out come last
  entries.pairs.free_spares();
  auto raw = compress(backend, layout, Side::row, entries.pairs, known, rank, purpose);
  raw.values = {backend, known, purpose};
  raw.values.copy_from(entries.pairs.values);
  entries.pairs = {};
  std::optional<ValueCoding<T>> coding;
  double within = 0;
  if (known > 0) {
    const Spread spread = read_spread(backend, raw, passed.offsets);
    within = coding_tolerance<T>(spread.low, spread.high);
    coding = propose_coding<T>(spread.low, spread.high, sample_of(backend, holdout, p.centering));
  }
  p.holdout = narrow<T>(backend, std::move(raw), Side::row, passed.offsets, coding, within, purpose);
}

/// `with_holdout(use)`: calls use(entries) if there are held-out ones.
template <class T, class Given, class WithHoldout>
Problem<T, CudaBackend> prepare_given(CudaBackend& backend, const Given& train, const Options& options,
                                      const WithHoldout& with_holdout) {
  Problem<T, CudaBackend> p;
  validate_shape(train);
  const Passed passed = with_taken_entries(
      backend, train, false, [&](auto entries) { return add_train(backend, train, options, std::move(entries), p); });
  if (p.weighting > 0) {
    p.row_weights = {backend, p.num_rows, "the row weights"};
    p.col_weights = {backend, p.num_cols, "the column weights"};
    count_weights(backend, p.observations.by_row.row_ptr, p.weighting, p.row_weights);
    count_weights(backend, p.observations.by_col.row_ptr, p.weighting, p.col_weights);
  }
  with_holdout([&](const auto& holdout) {
    validate_shape(holdout);
    with_taken_entries(backend, holdout, true, [&](auto entries) {
      require_same_shape(holdout, p.num_rows, p.num_cols);  // after its entries, as on the CPU
      add_holdout(backend, holdout, passed, options.rank, std::move(entries), p);
    });
  });
  use_formulation(backend, p, resolve(options.formulation, p.is_block));
  return p;
}

}  // namespace

template <class T>
Problem<T, CudaBackend> prepare(CudaBackend& backend, const Entries& train, const Options& options,
                                const Entries* holdout) {
  return prepare_given<T>(backend, train, options, [&](const auto& use) {
    if (holdout) use(*holdout);
  });
}

template <class T>
Problem<T, CudaBackend> prepare(CudaBackend& backend, const DeviceEntries& train, const Options& options,
                                const HeldOut& holdout) {
  return prepare_given<T>(backend, train, options, [&](const auto& use) {
    if (const auto* const* on_host = std::get_if<const Entries*>(&holdout)) use(**on_host);
    if (const auto* const* on_device = std::get_if<const DeviceEntries*>(&holdout)) use(**on_device);
  });
}

template Problem<float, CudaBackend> prepare(CudaBackend&, const Entries&, const Options&, const Entries*);
template Problem<double, CudaBackend> prepare(CudaBackend&, const Entries&, const Options&, const Entries*);
template Problem<float, CudaBackend> prepare(CudaBackend&, const DeviceEntries&, const Options&, const HeldOut&);
template Problem<double, CudaBackend> prepare(CudaBackend&, const DeviceEntries&, const Options&, const HeldOut&);

}  // namespace rankfill
