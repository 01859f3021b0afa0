// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "bench/workload.hpp"
#include "rankfill/entries.hpp"

namespace rankfill::bench {

/// The entries of one part of a workload on a backend: counted on construction, made by fill().
template <class B>
struct MadeEntries {
  MadeEntries(B& backend, const HostWorkload& host, Part part)
      : backend(backend),
        workload(upload_workload(backend, host)),
        part(part),
        row_ptr(backend, host.shape.num_rows + 1, "offsets"),
        count(read_entry_count(backend, workload, part, row_ptr)),
        rows(backend, count, "rows"),
        cols(backend, count, "columns"),
        values(backend, count, "values") {}

  void fill() { generate_entries(backend, workload, part, row_ptr, rows, cols, values); }

  /// As solve() takes them.
  Entries download() const {
    Entries entries;
    entries.num_rows = workload.num_rows;
    entries.num_cols = workload.num_cols;
    entries.rows = rows.download();
    entries.cols = cols.download();
    const std::vector<float> narrow = values.download();
    entries.values.assign(narrow.begin(), narrow.end());
    return entries;
  }

  B& backend;
  Workload<B> workload;
  Part part;
  Buffer<std::int64_t, B> row_ptr;
  std::int64_t count;
  Buffer<std::int32_t, B> rows, cols;
  Buffer<float, B> values;
};

/// The same workload with its first rows only: their entries are the same.
inline HostWorkload first_rows(HostWorkload w, std::int64_t num_rows) {
  w.shape.num_rows = std::min(num_rows, w.shape.num_rows);
  w.num_draws.resize(static_cast<std::size_t>(w.shape.num_rows));
  return w;
}

/// Every pair observed with the same probability: what dense products compete on.  Half-star values without a meaning.
inline Entries uniform_entries(std::int32_t num_rows, std::int32_t num_cols, double density) {
  Entries entries;
  entries.num_rows = num_rows;
  entries.num_cols = num_cols;
  const double below = density * 0x1p32;
  for (std::int32_t row = 0; row < num_rows; ++row)
    for (std::int32_t col = 0; col < num_cols; col += 2) {  // two words decide on a pair, two are its values
      const auto words = philox({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(col), 0, 0}, {17, 0});
      for (std::int32_t next = 0; next < 2 && col + next < num_cols; ++next) {
        if (words[static_cast<std::size_t>(next)] >= below) continue;
        entries.rows.push_back(row);
        entries.cols.push_back(col + next);
        entries.values.push_back(0.5 * (1 + words[static_cast<std::size_t>(2 + next)] % 10));
      }
    }
  return entries;
}

}  // namespace rankfill::bench
