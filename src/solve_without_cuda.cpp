// SPDX-License-Identifier: Apache-2.0
#include "rankfill/device.hpp"
#include "rankfill/error.hpp"
#include "solve_cuda.hpp"

namespace rankfill {

namespace {
[[noreturn]] void unavailable() {
  throw BackendUnavailable("device = cuda: this build of rankfill has no CUDA half (it was built without nvcc)");
}
}  // namespace

Result solve_cuda(int, const Entries&, const Options&, const Entries*, const Start*) { unavailable(); }
int device_of(const DeviceEntries&, Device) { unavailable(); }
Result solve_cuda(int, const DeviceEntries&, const Options&, const HeldOut&, const Start*) { unavailable(); }
void with_prepared_cuda(int, const Entries&, const Options&, const Entries*,
                        const std::function<void(const PreparedData&)>&) {
  unavailable();
}
GradientCheck check_gradient_cuda(int, const Entries&, const Options&) { unavailable(); }
const char* cuda_build_info() { return "no CUDA"; }
bool built_with_cuda() noexcept { return false; }
std::vector<DeviceInfo> cuda_devices() { return {}; }

}  // namespace rankfill
