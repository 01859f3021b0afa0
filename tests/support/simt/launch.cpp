// SPDX-License-Identifier: Apache-2.0
#include "launch.hpp"

#include "capture.hpp"

namespace simt {
namespace {

bool within(const dim3& shape, unsigned x, unsigned y, unsigned z) {
  return shape.x >= 1 && shape.y >= 1 && shape.z >= 1 && shape.x <= x && shape.y <= y && shape.z <= z;
}

cudaError_t check(const cudaLaunchConfig_t& config, std::size_t shared_limit) {
  if (!valid_stream(config.stream)) return cudaErrorInvalidResourceHandle;
  if (!within(config.gridDim, 2147483647, 65535, 65535)) return cudaErrorInvalidConfiguration;
  if (!within(config.blockDim, 1024, 1024, 64)) return cudaErrorInvalidConfiguration;
  if (config.blockDim.x * config.blockDim.y * config.blockDim.z > 1024) return cudaErrorInvalidConfiguration;
  if (config.dynamicSmemBytes > shared_limit) return cudaErrorInvalidValue;
  if (config.numAttrs != 0) return cudaErrorNotSupported;
  return cudaSuccess;
}

cudaError_t run(const GridShape& shape, const BoundKernel& bound, cudaStream_t stream) {
  Machine& m = machine();
  std::uint64_t seed = 0;
  {
    const std::lock_guard lock(m.mutex);
    if (!m.replaying) ++m.launches;
    const auto number = static_cast<std::uint64_t>(++m.kernels_run);
    if (m.seed != 0) seed = m.seed + number * 0xd1342543de82ef95U;
  }
  settle(stream);
  const DeviceAccess access;
  const auto failure = run_grid(shape, bound, seed);
  if (!failure) return cudaSuccess;
  const std::lock_guard lock(m.mutex);
  m.fault = failure->fault == Fault::misaligned_address ? cudaErrorMisalignedAddress : cudaErrorLaunchFailure;
  m.fault_message = failure->message;
  return record(m.fault);
}

}  // namespace

cudaError_t launch(const cudaLaunchConfig_t& config, const void* kernel, BoundKernel bound) {
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  if (kernel == nullptr) return record(cudaErrorInvalidDeviceFunction);
  {
    Machine& m = machine();
    const std::lock_guard lock(m.mutex);
    const auto opted_in = m.shared_limit.find(kernel);
    const std::size_t limit = opted_in == m.shared_limit.end() ? default_shared_limit : opted_in->second;
    if (const cudaError_t status = check(config, limit); status != cudaSuccess) return record(status);
  }
  const GridShape shape{config.gridDim, config.blockDim, config.dynamicSmemBytes};
  return enqueue(config.stream,
                 [shape, bound = std::move(bound)](cudaStream_t stream) { return run(shape, bound, stream); });
}

}  // namespace simt

cudaError_t cudaFuncSetAttribute(const void* func, cudaFuncAttribute attr, int value) {
  using namespace simt;
  if (const cudaError_t state = device_state(); state != cudaSuccess) return state;
  if (func == nullptr) return record(cudaErrorInvalidDeviceFunction);
  if (attr != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 ||
      static_cast<std::size_t>(value) > opt_in_shared_limit) {
    return record(cudaErrorInvalidValue);
  }
  Machine& m = machine();
  const std::lock_guard lock(m.mutex);
  m.shared_limit[func] = static_cast<std::size_t>(value);
  return cudaSuccess;
}
