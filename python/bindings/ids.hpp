// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/id_column.hpp"

namespace rankfill::python {

/// One side, row or column, of a list of entries: the index of each entry, and the names of the indices.
using Indexed = data::IndexedIds;

}  // namespace rankfill::python
