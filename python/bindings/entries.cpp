// SPDX-License-Identifier: Apache-2.0
#include "rankfill/entries.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

#include "arrays.hpp"
#include "bindings.hpp"
#include "ids.hpp"
#include "rankfill/io.hpp"

// Entries are the one copy that is made of the input: 16 bytes each.

namespace rankfill::python {

using namespace nb::literals;

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();

Entries with_shape(std::int64_t num_rows, std::int64_t num_cols) {
  Entries entries;
  entries.num_rows = num_rows;
  entries.num_cols = num_cols;
  for (const std::int64_t size : {num_rows, num_cols})
    if (size < 0 || size > kMost)
      throw InvalidData("", 0,
                        "a matrix of shape " + std::to_string(num_rows) + " x " + std::to_string(num_cols) +
                            " cannot be used: 0..2147483647 rows and columns can");
  entries.row_ids = Ids::range(num_rows);
  entries.col_ids = Ids::range(num_cols);
  return entries;
}

void reserve(Entries& entries, std::int64_t count) {
  entries.rows.reserve(static_cast<std::size_t>(count));
  entries.cols.reserve(static_cast<std::size_t>(count));
  entries.values.reserve(static_cast<std::size_t>(count));
}

template <class T>
std::int32_t index(T given, std::int64_t size, const char* side) {
  const bool fits = std::is_unsigned_v<T> ? static_cast<std::uint64_t>(given) < static_cast<std::uint64_t>(size)
                                          : given >= T{0} && static_cast<std::int64_t>(given) < size;
  if (!fits)
    throw InvalidData(
        "", 0, std::string(side) + " index " + std::to_string(given) + " is not in 0.." + std::to_string(size - 1));
  return static_cast<std::int32_t>(given);
}

std::vector<std::int32_t> indices(const AnyVector& given, std::int64_t size, const char* side) {
  return with_line(given, [&](const auto& line) {
    std::vector<std::int32_t> result(static_cast<std::size_t>(line.size));
    for (std::int64_t k = 0; k < line.size; ++k) result[static_cast<std::size_t>(k)] = index(line[k], size, side);
    return result;
  });
}

void require_one_length(std::size_t rows, std::size_t cols, std::size_t values) {
  if (rows != cols || rows != values)
    throw InvalidData("", 0,
                      std::to_string(rows) + " rows, " + std::to_string(cols) + " columns and " +
                          std::to_string(values) + " values; one length is needed");
}

Entries from_coo(const AnyVector& rows, const AnyVector& cols, const AnyVector& values, std::int64_t num_rows,
                 std::int64_t num_cols) {
  require_one_length(rows.shape(0), cols.shape(0), values.shape(0));
  nb::gil_scoped_release released;
  Entries entries = with_shape(num_rows, num_cols);
  entries.rows = indices(rows, num_rows, "row");
  entries.cols = indices(cols, num_cols, "column");
  entries.values = to_doubles(values);
  return entries;
}

/// CSR, or with `by_column` CSC: line k of the matrix holds the entries indptr[k] .. indptr[k+1].
Entries from_compressed(const AnyVector& indptr, const AnyVector& others, const AnyVector& values,
                        std::int64_t num_rows, std::int64_t num_cols, bool by_column) {
  require_one_length(others.shape(0), others.shape(0), values.shape(0));
  nb::gil_scoped_release released;
  Entries entries = with_shape(num_rows, num_cols);
  const std::int64_t lines = by_column ? num_cols : num_rows, count = static_cast<std::int64_t>(values.shape(0));
  std::vector<std::int32_t>& line_of_entry = by_column ? entries.cols : entries.rows;
  line_of_entry.reserve(static_cast<std::size_t>(count));
  with_line(indptr, [&](const auto& ptr) {
    bool good = ptr.size == lines + 1 && ptr[0] == 0 && static_cast<std::int64_t>(ptr[lines]) == count;
    for (std::int64_t k = 0; good && k < lines; ++k) {
      good = ptr[k] <= ptr[k + 1] && static_cast<std::int64_t>(ptr[k + 1]) <= count;
      if (good) line_of_entry.resize(static_cast<std::size_t>(ptr[k + 1]), static_cast<std::int32_t>(k));
    }
    if (!good)
      throw InvalidData("", 0, "a damaged sparse matrix: its indptr does not ascend from 0 to the number of values");
  });
  (by_column ? entries.rows : entries.cols) =
      indices(others, by_column ? num_rows : num_cols, by_column ? "row" : "column");
  entries.values = to_doubles(values);
  return entries;
}

/// What is not NaN, and where `mask` is given also true there.  In row order.
Entries from_dense(const AnyMatrix& matrix,
                   const std::optional<nb::ndarray<const bool, nb::ndim<2>, nb::device::cpu>>& mask) {
  const auto num_rows = static_cast<std::int64_t>(matrix.shape(0)),
             num_cols = static_cast<std::int64_t>(matrix.shape(1));
  if (mask && (mask->shape(0) != matrix.shape(0) || mask->shape(1) != matrix.shape(1)))
    throw InvalidData("", 0,
                      "the mask has shape " + std::to_string(mask->shape(0)) + " x " + std::to_string(mask->shape(1)) +
                          ", the matrix " + std::to_string(num_rows) + " x " + std::to_string(num_cols));
  nb::gil_scoped_release released;
  Entries entries = with_shape(num_rows, num_cols);
  with_type(matrix.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto row_line = [&](std::int64_t i) {
      return Line<T>{static_cast<const T*>(matrix.data()) + i * matrix.stride(0), num_cols, matrix.stride(1)};
    };
    const auto is_observed = [&](std::int64_t i, std::int64_t j, T value) {
      if constexpr (std::is_floating_point_v<T>)
        if (std::isnan(value)) return false;
      return !mask || mask->data()[i * mask->stride(0) + j * mask->stride(1)];
    };
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < num_rows; ++i) {
      const auto line = row_line(i);
      for (std::int64_t j = 0; j < num_cols; ++j) count += is_observed(i, j, line[j]);
    }
    reserve(entries, count);
    for (std::int64_t i = 0; i < num_rows; ++i) {
      const auto line = row_line(i);
      for (std::int64_t j = 0; j < num_cols; ++j) {
        if (!is_observed(i, j, line[j])) continue;
        entries.rows.push_back(static_cast<std::int32_t>(i));
        entries.cols.push_back(static_cast<std::int32_t>(j));
        entries.values.push_back(static_cast<double>(line[j]));
      }
    }
  });
  return entries;
}

/// Takes the indices out of `rows` and `cols`.
Entries from_indexed(Indexed& rows, Indexed& cols, const AnyVector& values, const std::optional<AnyVector>& times) {
  require_one_length(rows.indices.size(), cols.indices.size(), values.shape(0));
  if (times) require_one_length(rows.indices.size(), rows.indices.size(), times->shape(0));
  nb::gil_scoped_release released;
  Entries entries = with_shape(rows.ids.size(), cols.ids.size());
  entries.values = to_doubles(values);
  if (times) entries.times = to_doubles(*times);
  entries.rows = std::move(rows.indices);
  entries.cols = std::move(cols.indices);
  entries.row_ids = std::move(rows.ids);
  entries.col_ids = std::move(cols.ids);
  return entries;
}

Duplicates duplicates_rule(const std::string& name) {
  if (name == "error") return Duplicates::error;
  if (name == "last") return Duplicates::last;
  if (name == "mean") return Duplicates::mean;
  throw InvalidOption("duplicates", name, "must be error, last or mean");
}

nb::tuple pair_of(Split&& split) { return nb::make_tuple(std::move(split.train), std::move(split.holdout)); }

nb::tuple state_of(const Entries& e) {
  return nb::make_tuple(e.num_rows, e.num_cols, to_numpy(std::vector(e.rows)), to_numpy(std::vector(e.cols)),
                        to_numpy(std::vector(e.values)), to_numpy(std::vector(e.times)), e.row_ids, e.col_ids);
}

void restore(Entries& entries, const nb::tuple& state) {
  const auto copied = [&]<class T>(std::size_t at, std::vector<T>& into) {
    const auto line = line_of<T>(nb::cast<AnyVector>(state[at]));
    into.assign(line.data, line.data + line.size);
  };
  new (&entries) Entries;
  entries.num_rows = nb::cast<std::int64_t>(state[0]);
  entries.num_cols = nb::cast<std::int64_t>(state[1]);
  copied(2, entries.rows);
  copied(3, entries.cols);
  copied(4, entries.values);
  copied(5, entries.times);
  entries.row_ids = nb::cast<Ids>(state[6]);
  entries.col_ids = nb::cast<Ids>(state[7]);
}

}  // namespace

void bind_entries(nb::module_& m) {
  nb::class_<Entries>(m, "Entries")
      .def_ro("num_rows", &Entries::num_rows)
      .def_ro("num_cols", &Entries::num_cols)
      .def_prop_ro("size", &Entries::size)
      .def_prop_ro("rows", [](nb::handle self) { return view(nb::cast<Entries&>(self).rows, self); })
      .def_prop_ro("cols", [](nb::handle self) { return view(nb::cast<Entries&>(self).cols, self); })
      .def_prop_ro("values", [](nb::handle self) { return view(nb::cast<Entries&>(self).values, self); })
      .def_prop_ro("times", [](nb::handle self) { return view(nb::cast<Entries&>(self).times, self); })
      .def_ro("row_ids", &Entries::row_ids)
      .def_ro("col_ids", &Entries::col_ids)
      .def("__getstate__", &state_of)
      .def("__setstate__", &restore);

  m.def("from_coo", &from_coo, "rows"_a, "cols"_a, "values"_a, "num_rows"_a, "num_cols"_a);
  m.def("from_compressed", &from_compressed, "indptr"_a, "indices"_a, "values"_a, "num_rows"_a, "num_cols"_a,
        "by_column"_a);
  m.def("from_dense", &from_dense, "matrix"_a, "mask"_a.none());
  m.def("from_indexed", &from_indexed, "rows"_a, "cols"_a, "values"_a, "times"_a.none());
  m.def(
      "resolve_duplicates",
      [](Entries& entries, const std::string& rule) { resolve_duplicates(entries, duplicates_rule(rule)); },
      "entries"_a, "rule"_a);
  m.def(
      "split_by_fraction",
      [](const Entries& entries, double fraction, std::uint64_t seed) {
        return pair_of(split_by_fraction(entries, fraction, seed));
      },
      "entries"_a, "fraction"_a, "seed"_a);
  m.def(
      "split_by_time",
      [](const Entries& entries, double fraction) { return pair_of(split_by_time(entries, fraction)); }, "entries"_a,
      "fraction"_a);
  m.def(
      "read_entries",
      [](const std::string& file, const std::string& duplicates, const std::optional<double>& missing,
         const Ids* row_ids, const Ids* col_ids) {
        nb::gil_scoped_release released;
        ReadOptions options;
        options.duplicates = duplicates_rule(duplicates);
        options.missing = missing;
        options.row_ids = row_ids;
        options.col_ids = col_ids;
        return read_entries(file, options);
      },
      "file"_a, "duplicates"_a, "missing"_a.none(), "row_ids"_a.none(), "col_ids"_a.none());
}

}  // namespace rankfill::python
