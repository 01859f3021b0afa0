// SPDX-License-Identifier: Apache-2.0
#include "problem/sort.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>

#include "problem/counting_sort.hpp"
#include "rankfill/error.hpp"

namespace rankfill {

bool is_sorted_by_row(const CpuBackend& backend, const Entries& entries) {
  const auto count = static_cast<std::int64_t>(entries.rows.size());
  if (count == 0) return false;
  constexpr std::int64_t kAtOnce = std::int64_t{1} << 14;  // without a branch; most files show at once what they are
  const std::int32_t *rows = entries.rows.data(), *cols = entries.cols.data();
  std::atomic<bool> sorted{rows[0] >= 0 && cols[0] >= 0};
  for_tasks(backend, (count + kAtOnce - 1) / kAtOnce, [&](std::int64_t block) {
    if (!sorted.load(std::memory_order_relaxed)) return;
    bool all = true;
    const std::int64_t first = std::max<std::int64_t>(1, block * kAtOnce);
    for (std::int64_t p = first, last = std::min(count, (block + 1) * kAtOnce); p < last; ++p)
      all &= (cols[p] >= 0) & ((rows[p] > rows[p - 1]) | ((rows[p] == rows[p - 1]) & (cols[p] >= cols[p - 1])));
    if (!all) sorted = false;
  });
  return sorted;
}

void find_row_starts(const CpuBackend& backend, const std::vector<std::int32_t>& rows,
                     std::span<std::int64_t> row_ptr) {
  constexpr std::int64_t kAtOnce = std::int64_t{1} << 16;
  const auto count = static_cast<std::int64_t>(rows.size());
  const auto num_rows = static_cast<std::int64_t>(row_ptr.size()) - 1;
  const auto row_at = [&](std::int64_t p) {
    return p < 0 ? -1 : p < count ? std::int64_t{rows[static_cast<std::size_t>(p)]} : num_rows;
  };
  for_tasks(backend, count / kAtOnce + 1, [&](std::int64_t block) {  // rows in (row before, row here] start here
    for (std::int64_t p = block * kAtOnce, last = std::min(count + 1, p + kAtOnce); p < last; ++p)
      for (std::int64_t row = row_at(p - 1) + 1; row <= row_at(p); ++row) row_ptr[static_cast<std::size_t>(row)] = p;
  });
}

template <class T>
void gather_by_col(const CpuBackend& backend, const Entries& entries, const T* values, const CsrSpan<T>& by_col) {
  const std::int32_t *rows = entries.rows.data(), *cols = entries.cols.data();
  counting_sort(
      backend, static_cast<std::int64_t>(entries.rows.size()), by_col.row_ptr,
      [&](std::int64_t first, std::int64_t last, const auto& take) {
        for (std::int64_t p = first; p < last; ++p)
          if (rows[p] >= 0 && cols[p] >= 0) take(cols[p], p);
      },
      [&](std::int64_t p, std::int64_t to) {
        by_col.col_idx[to] = rows[p];
        by_col.values[to] = values[p];
      });
}

template <class T>
void transpose(const CpuBackend& backend, const CsrSpan<const T>& from, const CsrSpan<T>& to) {
  struct Item {
    std::int64_t p;
    std::int32_t row;
  };
  const std::span<const std::int64_t> row_ptr = from.row_ptr;
  counting_sort(
      backend, row_ptr.back(), to.row_ptr,
      [&](std::int64_t first, std::int64_t last, const auto& take) {
        auto next_row = std::upper_bound(row_ptr.begin(), row_ptr.end(), first);
        for (std::int64_t p = first; p < last; ++next_row)
          for (const std::int64_t end = std::min(last, *next_row); p < end; ++p)
            take(from.col_idx[p], Item{p, static_cast<std::int32_t>(next_row - row_ptr.begin() - 1)});
      },
      [&](const Item& item, std::int64_t place) {
        to.col_idx[place] = item.row;
        to.values[place] = from.values[item.p];
      });
}

template void gather_by_col(const CpuBackend&, const Entries&, const float*, const CsrSpan<float>&);
template void gather_by_col(const CpuBackend&, const Entries&, const double*, const CsrSpan<double>&);
template void transpose(const CpuBackend&, const CsrSpan<const float>&, const CsrSpan<float>&);
template void transpose(const CpuBackend&, const CsrSpan<const double>&, const CsrSpan<double>&);

namespace {

HostCsr empty_csr(std::int64_t num_rows, std::int64_t num_cols, std::size_t size) {
  return {.num_rows = num_rows,
          .num_cols = num_cols,
          .row_ptr = std::vector<std::int64_t>(static_cast<std::size_t>(num_rows) + 1),
          .col_idx = std::vector<std::int32_t>(size),
          .values = std::vector<double>(size)};
}

CsrSpan<double> span_of(HostCsr& m) { return {m.row_ptr, m.col_idx.data(), m.values.data()}; }
CsrSpan<const double> span_of(const HostCsr& m) { return {m.row_ptr, m.col_idx.data(), m.values.data()}; }

}  // namespace

HostCsr sort_by_row(const Entries& entries, const std::vector<double>& values, const CpuBackend& backend) {
  if (is_sorted_by_row(backend, entries)) {
    HostCsr m{.num_rows = entries.num_rows,
              .num_cols = entries.num_cols,
              .row_ptr = std::vector<std::int64_t>(static_cast<std::size_t>(entries.num_rows) + 1),
              .col_idx = entries.cols,
              .values = values};
    find_row_starts(backend, entries.rows, m.row_ptr);
    return m;
  }
  HostCsr by_col = empty_csr(entries.num_cols, entries.num_rows, values.size());
  gather_by_col(backend, entries, values.data(), span_of(by_col));
  const auto kept = static_cast<std::size_t>(by_col.row_ptr.back());
  by_col.col_idx.resize(kept);
  by_col.values.resize(kept);
  return transpose(by_col, backend);
}

HostCsr transpose(const HostCsr& m, const CpuBackend& backend) {
  HostCsr t = empty_csr(m.num_cols, m.num_rows, m.values.size());
  transpose(backend, span_of(m), span_of(t));
  return t;
}

namespace {

/// `E`: Entries or DeviceEntries.
template <class E>
void require_shape(const E& e) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  if (e.num_rows < 0 || e.num_cols < 0 || e.num_rows > kMax || e.num_cols > kMax)
    throw InvalidData(e.source, 0,
                      "shape " + std::to_string(e.num_rows) + " x " + std::to_string(e.num_cols) +
                          ": each side must be 0.." + std::to_string(kMax));
}

template <class E>
void require_entry(const E& e, std::int64_t p, std::int64_t row, std::int64_t col, double value, bool unseen_allowed) {
  const std::int64_t lowest = unseen_allowed ? -1 : 0;
  if (row < lowest || row >= e.num_rows || col < lowest || col >= e.num_cols)
    throw InvalidData(e.source, 0,
                      "entry " + std::to_string(p) + " is at (" + std::to_string(row) + ", " + std::to_string(col) +
                          "), outside the shape " + std::to_string(e.num_rows) + " x " + std::to_string(e.num_cols));
  if (!std::isfinite(value))
    throw InvalidData(e.source, 0,
                      "entry " + std::to_string(p) + " at (" + std::to_string(row) + ", " + std::to_string(col) +
                          ") is " + std::to_string(value) + ": values must be finite");
}

[[noreturn]] void refuse_pair(const std::string& source, const std::string& row, const std::string& col) {
  throw InvalidData(source, 0, "the pair (" + row + ", " + col + ") is given more than once: see resolve_duplicates");
}

}  // namespace

void validate_shape(const Entries& e) {
  require_shape(e);
  if (e.rows.size() != e.values.size() || e.cols.size() != e.values.size())
    throw InvalidData(e.source, 0,
                      "rows, cols and values have " + std::to_string(e.rows.size()) + ", " +
                          std::to_string(e.cols.size()) + " and " + std::to_string(e.values.size()) +
                          " elements: they must have as many");
  if (e.values.empty()) throw InvalidData(e.source, 0, "no entries");
}

void validate_shape(const DeviceEntries& e) {
  require_shape(e);
  if (e.num_entries < 0) throw InvalidData(e.source, 0, std::to_string(e.num_entries) + " entries: must be >= 0");
  if (e.num_entries == 0) throw InvalidData(e.source, 0, "no entries");
}

void validate_entry(const Entries& e, std::size_t p, bool unseen_allowed) {
  require_entry(e, static_cast<std::int64_t>(p), e.rows[p], e.cols[p], e.values[p], unseen_allowed);
}

void validate_entry(const DeviceEntries& e, std::int64_t p, std::int64_t row, std::int64_t col, double value,
                    bool unseen_allowed) {
  require_entry(e, p, row, col, value, unseen_allowed);
}

void validate_entries(const Entries& e, bool unseen_allowed, const CpuBackend& backend) {
  validate_shape(e);
  const std::int32_t lowest = unseen_allowed ? -1 : 0;
  const auto count = e.values.size();
  constexpr std::size_t kAtOnce = std::size_t{1} << 14;
  std::atomic<std::size_t> bad_block{count};  // the first: its first bad entry is the first of all
  for_tasks(backend, static_cast<std::int64_t>((count + kAtOnce - 1) / kAtOnce), [&](std::int64_t block) {
    const std::size_t first = static_cast<std::size_t>(block) * kAtOnce;
    bool good = true;
    for (std::size_t p = first, last = std::min(count, first + kAtOnce); p < last; ++p)
      good &= (e.rows[p] >= lowest) & (e.rows[p] < e.num_rows) & (e.cols[p] >= lowest) & (e.cols[p] < e.num_cols) &
              std::isfinite(e.values[p]);
    std::size_t before = bad_block;
    while (!good && first < before && !bad_block.compare_exchange_weak(before, first)) continue;
  });
  for (std::size_t p = bad_block; p < count; ++p) validate_entry(e, p, unseen_allowed);
}

void reject_duplicates(const CpuBackend& backend, std::span<const std::int64_t> row_ptr, const std::int32_t* col_idx,
                       const Entries& entries) {
  const auto num_rows = static_cast<std::int64_t>(row_ptr.size()) - 1;
  std::atomic<std::int64_t> first_row{num_rows};
  const auto repeated = [&](std::int64_t row) {
    const auto i = static_cast<std::size_t>(row);
    return row_ptr[i] < row_ptr[i + 1] ? std::adjacent_find(col_idx + row_ptr[i], col_idx + row_ptr[i + 1])
                                       : col_idx + row_ptr[i + 1];
  };
  for_blocks(backend, num_rows, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t row = first; row < last; ++row) {
      if (repeated(row) == col_idx + row_ptr[static_cast<std::size_t>(row) + 1]) continue;
      std::int64_t before = first_row;
      while (row < before && !first_row.compare_exchange_weak(before, row)) continue;
      return;
    }
  });
  if (first_row < num_rows) throw_duplicate(entries, static_cast<std::int32_t>(first_row), *repeated(first_row));
}

void throw_duplicate(const Entries& entries, std::int32_t row, std::int32_t col) {
  refuse_pair(entries.source, entries.row_ids.size() > 0 ? entries.row_ids.name(row) : std::to_string(row),
              entries.col_ids.size() > 0 ? entries.col_ids.name(col) : std::to_string(col));
}

void throw_duplicate(const DeviceEntries& entries, std::int32_t row, std::int32_t col) {
  refuse_pair(entries.source, std::to_string(row), std::to_string(col));
}

}  // namespace rankfill
