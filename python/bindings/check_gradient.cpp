// SPDX-License-Identifier: Apache-2.0
#include "rankfill/check_gradient.hpp"

#include <nanobind/stl/string.h>

#include "bindings.hpp"

namespace rankfill::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

nb::dict check(const Entries& entries, const Options& options) {
  GradientCheck found;
  {
    nb::gil_scoped_release released;
    found = check_gradient(entries, options);
  }
  nb::list formulations;
  for (const GradientCheckRow& row : found.rows) {
    const bool was_run = row.note.empty();
    nb::dict d;
    d["formulation"] = row.formulation;
    d["passed"] = row.passed;
    d["best_relative_error"] = was_run ? nb::object(nb::float_(row.best_relative_error)) : nb::none();
    d["remainder_slope"] = was_run ? nb::object(nb::float_(row.remainder_slope)) : nb::none();
    d["note"] = row.note;
    formulations.append(d);
  }
  nb::dict d;
  d["passed"] = found.passed;
  d["formulations"] = formulations;
  return d;
}

}  // namespace

void bind_check_gradient(nb::module_& m) { m.def("check_gradient", &check, "entries"_a, "options"_a); }

}  // namespace rankfill::python
