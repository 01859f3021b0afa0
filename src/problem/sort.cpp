// SPDX-License-Identifier: Apache-2.0
#include "problem/sort.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "rankfill/error.hpp"

namespace rankfill {

namespace {

/// Are the entries in row order, columns ascending within a row, and all indices known?
bool is_sorted_by_row(const Entries& entries) {
  const auto count = entries.rows.size();
  if (count == 0 || entries.rows[0] < 0) return false;
  constexpr std::size_t kAtOnce = std::size_t{1}
                                  << 12;  // looked at without a branch; most files show at once what they are
  bool sorted = entries.cols[0] >= 0;
  for (std::size_t first = 1; first < count && sorted; first += kAtOnce) {
    for (std::size_t p = first; p < std::min(count, first + kAtOnce); ++p) {
      const std::int32_t row = entries.rows[p], before = entries.rows[p - 1], col = entries.cols[p];
      sorted &= (col >= 0) & ((row > before) | ((row == before) & (col >= entries.cols[p - 1])));
    }
  }
  return sorted;
}

}  // namespace

HostCsr sort_by_row(const Entries& entries, const std::vector<double>& values) {
  if (is_sorted_by_row(entries)) {
    HostCsr m;
    m.num_rows = entries.num_rows;
    m.num_cols = entries.num_cols;
    m.row_ptr.assign(static_cast<std::size_t>(entries.num_rows) + 1, 0);
    for (const std::int32_t row : entries.rows) ++m.row_ptr[static_cast<std::size_t>(row) + 1];
    for (std::size_t i = 1; i < m.row_ptr.size(); ++i) m.row_ptr[i] += m.row_ptr[i - 1];
    m.col_idx = entries.cols;
    m.values = values;
    return m;
  }
  // By column first, then stably by row: a transpose of a transpose-to-be.
  HostCsr by_col;
  by_col.num_rows = entries.num_cols;
  by_col.num_cols = entries.num_rows;
  by_col.row_ptr.assign(static_cast<std::size_t>(entries.num_cols) + 1, 0);
  std::int64_t kept = 0;
  for (std::size_t p = 0; p < values.size(); ++p) {
    if (entries.rows[p] < 0 || entries.cols[p] < 0) continue;
    ++by_col.row_ptr[static_cast<std::size_t>(entries.cols[p]) + 1];
    ++kept;
  }
  for (std::size_t j = 1; j < by_col.row_ptr.size(); ++j) by_col.row_ptr[j] += by_col.row_ptr[j - 1];
  by_col.col_idx.resize(static_cast<std::size_t>(kept));
  by_col.values.resize(static_cast<std::size_t>(kept));
  std::vector<std::int64_t> next(by_col.row_ptr.begin(), by_col.row_ptr.end() - 1);
  for (std::size_t p = 0; p < values.size(); ++p) {
    if (entries.rows[p] < 0 || entries.cols[p] < 0) continue;
    const auto to = static_cast<std::size_t>(next[static_cast<std::size_t>(entries.cols[p])]++);
    by_col.col_idx[to] = entries.rows[p];
    by_col.values[to] = values[p];
  }
  return transpose(by_col);
}

HostCsr transpose(const HostCsr& m) {
  HostCsr t;
  t.num_rows = m.num_cols;
  t.num_cols = m.num_rows;
  t.row_ptr.assign(static_cast<std::size_t>(t.num_rows) + 1, 0);
  t.col_idx.resize(m.col_idx.size());
  t.values.resize(m.values.size());
  for (const std::int32_t j : m.col_idx) ++t.row_ptr[static_cast<std::size_t>(j) + 1];
  for (std::size_t j = 1; j < t.row_ptr.size(); ++j) t.row_ptr[j] += t.row_ptr[j - 1];
  std::vector<std::int64_t> next(t.row_ptr.begin(), t.row_ptr.end() - 1);
  for (std::int64_t row = 0; row < m.num_rows; ++row)
    for (auto p = static_cast<std::size_t>(m.row_ptr[static_cast<std::size_t>(row)]);
         p < static_cast<std::size_t>(m.row_ptr[static_cast<std::size_t>(row) + 1]); ++p) {
      const auto to = static_cast<std::size_t>(next[static_cast<std::size_t>(m.col_idx[p])]++);
      t.col_idx[to] = static_cast<std::int32_t>(row);
      t.values[to] = m.values[p];
    }
  return t;
}

void validate_shape(const Entries& e) {
  const auto fail = [&](const std::string& found) { throw InvalidData(e.source, 0, found); };
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  if (e.num_rows < 0 || e.num_cols < 0 || e.num_rows > kMax || e.num_cols > kMax)
    fail("shape " + std::to_string(e.num_rows) + " x " + std::to_string(e.num_cols) + ": each side must be 0.." +
         std::to_string(kMax));
  if (e.rows.size() != e.values.size() || e.cols.size() != e.values.size())
    fail("rows, cols and values have " + std::to_string(e.rows.size()) + ", " + std::to_string(e.cols.size()) +
         " and " + std::to_string(e.values.size()) + " elements: they must have as many");
  if (e.values.empty()) fail("no entries");
}

void validate_entry(const Entries& e, std::size_t p, bool unseen_allowed) {
  const std::int32_t lowest = unseen_allowed ? -1 : 0;
  if (e.rows[p] < lowest || e.rows[p] >= e.num_rows || e.cols[p] < lowest || e.cols[p] >= e.num_cols)
    throw InvalidData(e.source, 0,
                      "entry " + std::to_string(p) + " is at (" + std::to_string(e.rows[p]) + ", " +
                          std::to_string(e.cols[p]) + "), outside the shape " + std::to_string(e.num_rows) + " x " +
                          std::to_string(e.num_cols));
  if (!std::isfinite(e.values[p]))
    throw InvalidData(e.source, 0,
                      "entry " + std::to_string(p) + " at (" + std::to_string(e.rows[p]) + ", " +
                          std::to_string(e.cols[p]) + ") is " + std::to_string(e.values[p]) +
                          ": values must be finite");
}

void validate_entries(const Entries& e, bool unseen_allowed) {
  validate_shape(e);
  for (std::size_t p = 0; p < e.values.size(); ++p) validate_entry(e, p, unseen_allowed);
}

void reject_duplicates(const HostCsr& m, const Entries& entries) {
  for (std::int64_t row = 0; row < m.num_rows; ++row)
    for (std::int64_t p = m.row_ptr[static_cast<std::size_t>(row)] + 1;
         p < m.row_ptr[static_cast<std::size_t>(row) + 1]; ++p) {
      const std::int32_t col = m.col_idx[static_cast<std::size_t>(p)];
      if (col == m.col_idx[static_cast<std::size_t>(p) - 1])
        throw_duplicate(entries, static_cast<std::int32_t>(row), col);
    }
}

void throw_duplicate(const Entries& entries, std::int32_t row, std::int32_t col) {
  throw InvalidData(entries.source, 0,
                    "the pair (" + (entries.row_ids.size() > 0 ? entries.row_ids.name(row) : std::to_string(row)) +
                        ", " + (entries.col_ids.size() > 0 ? entries.col_ids.name(col) : std::to_string(col)) +
                        ") is given more than once: see resolve_duplicates");
}

}  // namespace rankfill
