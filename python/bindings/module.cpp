// SPDX-License-Identifier: Apache-2.0
#include "bindings.hpp"

#include <nanobind/stl/string.h>

#include "rankfill/device.hpp"
#include "rankfill/version.hpp"

namespace nb = nanobind;
using namespace nb::literals;

NB_MODULE(_core, m) {
  using namespace rankfill;
  m.doc() = "The C++ library under the rankfill package.  Private: use the package.";
  m.def("version", &version);
  m.def("build_info", &build_info);
  m.def("built_with_cuda", &built_with_cuda);
  m.def("cuda_devices", [] {
    nb::list devices;
    for (const DeviceInfo& info : cuda_devices()) {
      nb::dict d;
      d["index"] = info.index;
      d["name"] = info.name;
      d["compute_capability"] = info.compute_capability;
      d["total_bytes"] = info.total_bytes;
      d["free_bytes"] = info.free_bytes;
      devices.append(d);
    }
    return devices;
  });
  python::bind_errors(m);
  python::bind_ids(m);
  python::bind_entries(m);
  python::bind_device_entries(m);
  python::bind_options(m);
  python::bind_model(m);
  python::bind_solve(m);
  python::bind_tune(m);
  python::bind_check_gradient(m);
}
