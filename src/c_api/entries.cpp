// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "c_api/guard.hpp"
#include "c_api/handles.hpp"
#include "data/id_column.hpp"
#include "data/parallel.hpp"

namespace rankfill::c_api {

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kChunk = std::int64_t{1} << 20;  // ids in one piece of work

void check_arrays(std::int64_t count, const void* rows, const void* cols, const void* values, const void* out) {
  if (out == nullptr) throw InvalidOption("entries", "NULL", "must not be NULL");
  need_array(rows, count, "rows");
  need_array(cols, count, "cols");
  need_array(values, count, "values");
}

template <class T>
void from_indices(std::int64_t num_rows, std::int64_t num_cols, std::int64_t count, const std::int64_t* rows,
                  const std::int64_t* cols, const T* values, rankfill_entries** out) {
  check_arrays(count, rows, cols, values, out);
  for (const std::int64_t size : {num_rows, num_cols})
    if (size < 0 || size > kMost)
      throw InvalidData("", 0,
                        "a matrix of shape " + std::to_string(num_rows) + " x " + std::to_string(num_cols) +
                            " cannot be used: 0..2147483647 rows and columns can");
  auto made = std::make_unique<rankfill_entries>();
  Entries& entries = made->entries;
  entries.num_rows = num_rows;
  entries.num_cols = num_cols;
  entries.rows = narrowed(rows, count, -1, num_rows, "row");
  entries.cols = narrowed(cols, count, -1, num_cols, "column");
  entries.values.assign(values, values + count);
  entries.row_ids = Ids::range(num_rows);
  entries.col_ids = Ids::range(num_cols);
  hand_over(std::move(made), out);
}

/// `begin(column)` prepares the place for one piece of the ids.
template <class Id, class Begin>
data::IndexedIds indexed(const Id* ids, std::int64_t count, const rankfill_ids* known, const char* side,
                         const Begin& begin) {
  std::vector<data::IdColumn> pieces(
      static_cast<std::size_t>(std::max<std::int64_t>(1, (count + kChunk - 1) / kChunk)));
  data::parallel_for(std::ssize(pieces), data::thread_count(0), [&](std::int64_t piece) {
    data::IdColumn& column = pieces[static_cast<std::size_t>(piece)];
    const std::int64_t first = piece * kChunk, last = std::min(count, first + kChunk);
    begin(column);
    column.reserve(static_cast<std::size_t>(last - first));
    for (std::int64_t k = first; k < last; ++k) column.add(ids[k]);
  });
  std::vector<data::IdColumn*> pointers;
  for (data::IdColumn& column : pieces) pointers.push_back(&column);
  return data::index_ids(pointers, ids_of(known), data::thread_count(0), "", side);
}

template <class Id, class T, class Begin>
void from_ids(std::int64_t count, const Id* rows, const Id* cols, const T* values, const rankfill_ids* known_rows,
              const rankfill_ids* known_cols, rankfill_entries** out, const Begin& begin) {
  auto made = std::make_unique<rankfill_entries>();
  Entries& entries = made->entries;
  const auto side = [&](const Id* ids, const rankfill_ids* known, const char* name, std::vector<std::int32_t>& indices,
                        Ids& names, std::int64_t& size) {
    data::IndexedIds result = indexed(ids, count, known, name, begin);
    indices = std::move(result.indices);
    names = std::move(result.ids);
    size = names.size();
  };
  side(rows, known_rows, "row", entries.rows, entries.row_ids, entries.num_rows);
  side(cols, known_cols, "column", entries.cols, entries.col_ids, entries.num_cols);
  entries.values.assign(values, values + count);
  hand_over(std::move(made), out);
}

constexpr auto as_it_comes = [](data::IdColumn&) {};
/// "7" stays a text, and is not the number 7.
constexpr auto as_texts = [](data::IdColumn& column) { column.make_text(); };

/// Both parts, or neither.
void hand_over_parts(Split&& split, rankfill_entries** train, rankfill_entries** holdout) {
  auto first = std::make_unique<rankfill_entries>(rankfill_entries{std::move(split.train)});
  auto second = std::make_unique<rankfill_entries>(rankfill_entries{std::move(split.holdout)});
  hand_over(std::move(first), train);
  hand_over(std::move(second), holdout);
}

}  // namespace

}  // namespace rankfill::c_api

using namespace rankfill::c_api;

rankfill_status rankfill_entries_from_indices(int64_t num_rows, int64_t num_cols, int64_t count, const int64_t* rows,
                                              const int64_t* cols, const double* values, rankfill_entries** entries,
                                              rankfill_error** error) {
  return guarded(error, [&] { from_indices(num_rows, num_cols, count, rows, cols, values, entries); });
}

rankfill_status rankfill_entries_from_indices_f32(int64_t num_rows, int64_t num_cols, int64_t count,
                                                  const int64_t* rows, const int64_t* cols, const float* values,
                                                  rankfill_entries** entries, rankfill_error** error) {
  return guarded(error, [&] { from_indices(num_rows, num_cols, count, rows, cols, values, entries); });
}

rankfill_status rankfill_entries_from_ids(int64_t count, const int64_t* rows, const int64_t* cols, const double* values,
                                          const rankfill_ids* known_rows, const rankfill_ids* known_cols,
                                          rankfill_entries** entries, rankfill_error** error) {
  return guarded(error, [&] {
    check_arrays(count, rows, cols, values, entries);
    from_ids(count, rows, cols, values, known_rows, known_cols, entries, as_it_comes);
  });
}

rankfill_status rankfill_entries_from_ids_f32(int64_t count, const int64_t* rows, const int64_t* cols,
                                              const float* values, const rankfill_ids* known_rows,
                                              const rankfill_ids* known_cols, rankfill_entries** entries,
                                              rankfill_error** error) {
  return guarded(error, [&] {
    check_arrays(count, rows, cols, values, entries);
    from_ids(count, rows, cols, values, known_rows, known_cols, entries, as_it_comes);
  });
}

rankfill_status rankfill_entries_from_texts(int64_t count, const char* const* rows, const char* const* cols,
                                            const double* values, const rankfill_ids* known_rows,
                                            const rankfill_ids* known_cols, rankfill_entries** entries,
                                            rankfill_error** error) {
  return guarded(error, [&] {
    check_arrays(count, rows, cols, values, entries);
    for (int64_t k = 0; k < count; ++k) {
      need(rows[k], "a row id");
      need(cols[k], "a column id");
    }
    from_ids(count, rows, cols, values, known_rows, known_cols, entries, as_texts);
  });
}

int64_t rankfill_entries_num_rows(const rankfill_entries* entries) { return entries ? entries->entries.num_rows : 0; }

int64_t rankfill_entries_num_cols(const rankfill_entries* entries) { return entries ? entries->entries.num_cols : 0; }

int64_t rankfill_entries_count(const rankfill_entries* entries) { return entries ? entries->entries.size() : 0; }

const rankfill_ids* rankfill_entries_ids(const rankfill_entries* entries, rankfill_side side) {
  if (!entries || (side != RANKFILL_ROWS && side != RANKFILL_COLS)) return nullptr;
  return view(side == RANKFILL_ROWS ? entries->entries.row_ids : entries->entries.col_ids);
}

rankfill_status rankfill_entries_copy(const rankfill_entries* entries, int64_t* rows, int64_t* cols, double* values,
                                      rankfill_error** error) {
  return guarded(error, [&] {
    const rankfill::Entries& all = need(entries, "entries").entries;
    if (rows) std::copy(all.rows.begin(), all.rows.end(), rows);
    if (cols) std::copy(all.cols.begin(), all.cols.end(), cols);
    if (values) std::copy(all.values.begin(), all.values.end(), values);
  });
}

rankfill_status rankfill_entries_split(const rankfill_entries* entries, double fraction, uint64_t seed,
                                       rankfill_entries** train, rankfill_entries** holdout, rankfill_error** error) {
  return guarded(error, [&] {
    need(train, "train");
    need(holdout, "holdout");
    hand_over_parts(rankfill::split_by_fraction(need(entries, "entries").entries, fraction, seed), train, holdout);
  });
}

rankfill_status rankfill_entries_split_by_time(const rankfill_entries* entries, double fraction,
                                               rankfill_entries** train, rankfill_entries** holdout,
                                               rankfill_error** error) {
  return guarded(error, [&] {
    need(train, "train");
    need(holdout, "holdout");
    hand_over_parts(rankfill::split_by_time(need(entries, "entries").entries, fraction), train, holdout);
  });
}

void rankfill_entries_free(rankfill_entries* entries) { delete entries; }
