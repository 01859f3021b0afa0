// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

// The extension module rankfill._core: one function per topic, defined in the file of that name.

namespace rankfill::python {

void bind_errors(nanobind::module_& m);
void bind_ids(nanobind::module_& m);
void bind_entries(nanobind::module_& m);
void bind_device_entries(nanobind::module_& m);
void bind_options(nanobind::module_& m);
void bind_model(nanobind::module_& m);
void bind_solve(nanobind::module_& m);
void bind_tune(nanobind::module_& m);
void bind_check_gradient(nanobind::module_& m);

}  // namespace rankfill::python
