// SPDX-License-Identifier: Apache-2.0
#include "rankfill/device_entries.hpp"

#include <nanobind/stl/pair.h>

#include <string>
#include <utility>

#include "bindings.hpp"
#include "rankfill/error.hpp"

// Arrays on a device as Python knows them: addresses and the bytes of an element.  Who passes them keeps the arrays.

namespace rankfill::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using Array = std::pair<std::uintptr_t, int>;

/// `Either`: DeviceIndices or DeviceValues, a pointer to elements of 4 bytes or to such of 8.
template <class Either>
Either pointer(const Array& array, const char* what) {
  using Narrow = std::variant_alternative_t<0, Either>;
  using Wide = std::variant_alternative_t<1, Either>;
  if (array.second == 4) return reinterpret_cast<Narrow>(array.first);
  if (array.second == 8) return reinterpret_cast<Wide>(array.first);
  throw InvalidData("", 0, std::string(what) + " of " + std::to_string(array.second) + " bytes: 4 or 8 are needed");
}

void make(DeviceEntries* entries, std::int64_t num_rows, std::int64_t num_cols, std::int64_t count, const Array& rows,
          const Array& cols, const Array& values, std::uintptr_t stream) {
  new (entries) DeviceEntries;
  entries->num_rows = num_rows;
  entries->num_cols = num_cols;
  entries->num_entries = count;
  entries->rows = pointer<DeviceIndices>(rows, "row indices");
  entries->cols = pointer<DeviceIndices>(cols, "column indices");
  entries->values = pointer<DeviceValues>(values, "values");
  entries->stream = reinterpret_cast<void*>(stream);
}

}  // namespace

void bind_device_entries(nb::module_& m) {
  nb::class_<DeviceEntries>(m, "DeviceEntries")
      .def("__init__", &make, "num_rows"_a, "num_cols"_a, "count"_a, "rows"_a, "cols"_a, "values"_a, "stream"_a);
}

}  // namespace rankfill::python
