// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

#include "rankfill/solve.hpp"

namespace rankfill::python {

nanobind::dict to_dict(const IterationSummary& row);
nanobind::dict to_dict(const Certificate& certificate);
nanobind::dict to_dict(const Recovery& recovery);
/// All of it; `history` as a dict of arrays.
nanobind::dict to_dict(const Summary& summary);

}  // namespace rankfill::python
