// SPDX-License-Identifier: Apache-2.0
#include "rankfill/model.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <variant>

#include "arrays.hpp"
#include "bindings.hpp"
#include "rankfill/fold_in.hpp"
#include "rankfill/recommend.hpp"

namespace rankfill::python {

using namespace nb::literals;

namespace {

nb::object view_of(const FactorMatrix& factors, nb::handle owner) {
  return std::visit(
      [&](const auto& values) {
        const auto rows = static_cast<std::size_t>(factors.num_rows), rank = static_cast<std::size_t>(factors.rank);
        return nb::cast(view(values, {rows, rank}, owner));
      },
      factors.values);
}

/// A C-contiguous matrix of float32 or float64.
FactorMatrix factors_from(const AnyMatrix& array) {
  FactorMatrix factors{static_cast<std::int64_t>(array.shape(0)), static_cast<int>(array.shape(1)), {}};
  const auto copy = [&]<class T>(T) {
    const auto* data = static_cast<const T*>(array.data());
    factors.values = std::vector<T>(data, data + array.size());
  };
  if (array.dtype() == nb::dtype<float>())
    copy(float{});
  else if (array.dtype() == nb::dtype<double>())
    copy(double{});
  else
    throw InvalidData("", 0, "factors must be float32 or float64");
  if (array.size() > 0 && (array.stride(1) != 1 || array.stride(0) != static_cast<std::int64_t>(array.shape(1))))
    throw InvalidData("", 0, "factors must be stored row by row");
  return factors;
}

Model make(const AnyMatrix& row_factors, const AnyMatrix& col_factors, double mean, const AnyVector& row_bias,
           const AnyVector& col_bias, const Ids& row_ids, const Ids& col_ids, const std::string& options) {
  return {factors_from(row_factors),
          factors_from(col_factors),
          mean,
          to_doubles(row_bias),
          to_doubles(col_bias),
          row_ids,
          col_ids,
          options};
}

auto predict(const Model& model, const IndexVector& rows, const IndexVector& cols) {
  std::vector<double> out(rows.shape(0));
  {
    nb::gil_scoped_release released;
    model.predict(span_of(rows), span_of(cols), out);
  }
  return to_numpy(std::move(out));
}

/// For each of `rows` the `count` best columns: indices (-1 where there are fewer) and predictions (NaN there), one row each.
/// Leaves out the columns where the row has an entry in `seen`.
nb::tuple recommend(const Model& model, const IndexVector& rows, int count, const Entries* seen) {
  count = static_cast<int>(std::min<std::int64_t>(std::max(count, 0), model.num_cols()));
  const std::size_t asked = rows.shape(0), width = static_cast<std::size_t>(count);
  std::vector<std::int32_t> cols(asked * width, -1);
  std::vector<double> values(asked * width, std::numeric_limits<double>::quiet_NaN());
  {
    nb::gil_scoped_release released;
    const std::vector<std::int64_t> wanted(rows.data(), rows.data() + asked);
    const auto best = rankfill::recommend(model, wanted, count, seen ? SeenColumns(*seen, model) : SeenColumns());
    for (std::size_t k = 0; k < asked; ++k)
      for (std::size_t t = 0; t < best[k].size(); ++t) {
        cols[k * width + t] = static_cast<std::int32_t>(best[k][t].col);
        values[k * width + t] = best[k][t].value;
      }
  }
  return nb::make_tuple(to_numpy(std::move(cols), {asked, width}), to_numpy(std::move(values), {asked, width}));
}

nb::tuple folded(const Model& model, const Entries& rows, double regularization, double weighting, double bias_damping,
                 int threads) {
  FoldedRows result;
  {
    nb::gil_scoped_release released;
    result = fold_in(
        model, rows,
        {.regularization = regularization, .weighting = weighting, .bias_damping = bias_damping, .threads = threads});
  }
  const auto count = static_cast<std::size_t>(result.row_factors.num_rows),
             rank = static_cast<std::size_t>(model.rank());
  const nb::object factors = std::visit(
      [&](auto& values) {
        return nb::cast(to_numpy(std::move(values), {count, rank}));
      },
      result.row_factors.values);
  return nb::make_tuple(factors, to_numpy(std::move(result.row_bias)), result.unknown);
}

nb::tuple state_of(nb::handle self) {
  const Model& m = nb::cast<Model&>(self);
  return nb::make_tuple(view_of(m.row_factors, self), view_of(m.col_factors, self), m.mean, view(m.row_bias, self),
                        view(m.col_bias, self), m.row_ids, m.col_ids, m.options_json);
}

}  // namespace

void bind_model(nb::module_& m) {
  nb::class_<Model>(m, "Model")
      .def_static("make", &make, "row_factors"_a, "col_factors"_a, "mean"_a, "row_bias"_a, "col_bias"_a, "row_ids"_a,
                  "col_ids"_a, "options"_a)
      .def_prop_ro("num_rows", &Model::num_rows)
      .def_prop_ro("num_cols", &Model::num_cols)
      .def_prop_ro("rank", &Model::rank)
      .def_prop_ro("row_factors", [](nb::handle self) { return view_of(nb::cast<Model&>(self).row_factors, self); })
      .def_prop_ro("col_factors", [](nb::handle self) { return view_of(nb::cast<Model&>(self).col_factors, self); })
      .def_ro("mean", &Model::mean)
      .def_prop_ro("row_bias", [](nb::handle self) { return view(nb::cast<Model&>(self).row_bias, self); })
      .def_prop_ro("col_bias", [](nb::handle self) { return view(nb::cast<Model&>(self).col_bias, self); })
      .def_ro("row_ids", &Model::row_ids)
      .def_ro("col_ids", &Model::col_ids)
      .def_ro("options", &Model::options_json)
      .def("predict", &predict, "rows"_a, "cols"_a)
      .def("recommend", &recommend, "rows"_a, "count"_a, "seen"_a.none())
      .def("fold_in", &folded, "rows"_a, "regularization"_a, "weighting"_a, "bias_damping"_a, "threads"_a)
      .def(
          "save",
          [](const Model& model, const std::string& file) {
            nb::gil_scoped_release released;
            save_model(model, file);
          },
          "file"_a)
      .def_static(
          "load",
          [](const std::string& file) {
            nb::gil_scoped_release released;
            return load_model(file);
          },
          "file"_a)
      .def("__getstate__", &state_of)
      .def("__setstate__", [](Model& model, const nb::tuple& s) {
        new (&model) Model(make(nb::cast<AnyMatrix>(s[0]), nb::cast<AnyMatrix>(s[1]), nb::cast<double>(s[2]),
                                nb::cast<AnyVector>(s[3]), nb::cast<AnyVector>(s[4]), nb::cast<Ids>(s[5]),
                                nb::cast<Ids>(s[6]), nb::cast<std::string>(s[7])));
      });
}

}  // namespace rankfill::python
