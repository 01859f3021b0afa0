// SPDX-License-Identifier: Apache-2.0
#include "solve_cuda.hpp"

#include "backend/cuda.hpp"
#include "check_gradient_on.hpp"
#include "prepared_on.hpp"
#include "problem/memory_plan.hpp"
#include "solve_on.hpp"

namespace rankfill {

static_assert(Backend<CudaBackend>);

Result solve_cuda(int device, const Entries& train, const Options& options, const Entries* holdout,
                  const Start* start) {
  CudaBackend backend(device);
  MemoryPlan plan = plan_device_memory(train, options, holdout);
  const std::uint64_t free_bytes = backend.free_bytes();
  require_memory(plan, free_bytes);
  Result result = solve_on(backend, false, train, options, holdout, start);
  result.summary.memory_plan = std::move(plan);
  result.summary.device_free_bytes = free_bytes;
  return result;
}

void with_prepared_cuda(int device, const Entries& train, const Options& options, const Entries* holdout,
                        const std::function<void(const PreparedData&)>& use) {
  CudaBackend backend(device);
  require_memory(plan_device_memory(train, options, holdout), backend.free_bytes());
  with_prepared_on(backend, false, train, options, holdout, use);
}

GradientCheck check_gradient_cuda(int device, const Entries& entries, const Options& options) {
  CudaBackend backend(device);
  return check_gradient_on(backend, entries, options);
}

const char* cuda_build_info() { return "with CUDA"; }

}  // namespace rankfill
