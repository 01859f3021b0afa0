// SPDX-License-Identifier: Apache-2.0
#include "solve_cuda.hpp"

#include <string>
#include <vector>

#include "backend/cuda.hpp"
#include "backend/cuda_pointers.hpp"
#include "check_gradient_on.hpp"
#include "prepared_on.hpp"
#include "problem/memory_plan.hpp"
#include "problem/sort.hpp"
#include "problem/taken_entries.hpp"
#include "rankfill/error.hpp"
#include "solve_on.hpp"

namespace rankfill {

static_assert(Backend<CudaBackend>);

namespace {

/// solve() where the memory that it needs is free.
template <class Given, class Holdout>
Result solve_as_planned(CudaBackend& backend, MemoryPlan plan, const Given& train, const Options& options,
                        const Holdout& holdout, const Start* start) {
  const std::uint64_t free_bytes = backend.free_bytes();
  require_memory(plan, free_bytes);
  Result result = solve_on(backend, false, train, options, holdout, start);
  result.summary.memory_plan = std::move(plan);
  result.summary.device_free_bytes = free_bytes;
  return result;
}

std::int64_t size_of(const HeldOut& holdout) {
  if (const auto* const* on_host = std::get_if<const Entries*>(&holdout)) return (*on_host)->size();
  if (const auto* const* on_device = std::get_if<const DeviceEntries*>(&holdout)) return (*on_device)->size();
  return 0;
}

}  // namespace

Result solve_cuda(int device, const Entries& train, const Options& options, const Entries* holdout,
                  const Start* start) {
  CudaBackend backend(device);
  return solve_as_planned(backend, plan_device_memory(train, options, holdout), train, options, holdout, start);
}

int device_of(const DeviceEntries& entries, Device wanted) {
  validate_shape(entries);
  int device = -1;
  const auto look_at = [&](const void* address, const std::string& what) {
    const std::optional<int> found = address ? device_of(address) : std::nullopt;
    if (!found) throw InvalidData(entries.source, 0, "the array of " + what + " is not in the memory of a CUDA device");
    if (device >= 0 && *found != device)
      throw InvalidData(entries.source, 0,
                        "the array of " + what + " is on cuda:" + std::to_string(*found) +
                            ", that of rows on cuda:" + std::to_string(device) + ": one device is needed");
    device = *found;
  };
  std::visit([&](const auto* rows) { look_at(rows, "rows"); }, entries.rows);
  std::visit([&](const auto* cols) { look_at(cols, "columns"); }, entries.cols);
  std::visit([&](const auto* values) { look_at(values, "values"); }, entries.values);
  if (wanted.kind == Device::Kind::cuda && wanted.index != device)
    throw InvalidOption("device", to_string(wanted), "the entries are on cuda:" + std::to_string(device));
  return device;
}

Result solve_cuda(int device, const DeviceEntries& train, const Options& options, const HeldOut& holdout,
                  const Start* start) {
  CudaBackend backend(device);
  run_after(backend, train.stream);
  if (const auto* const* on_device = std::get_if<const DeviceEntries*>(&holdout)) {
    device_of(**on_device, {.kind = Device::Kind::cuda, .index = device});
    run_after(backend, (*on_device)->stream);
  }
  MemoryPlan plan = plan_memory({.num_rows = train.num_rows,
                                 .num_cols = train.num_cols,
                                 .num_entries = train.size(),
                                 .num_holdout = size_of(holdout)},
                                values_of(read_sample(backend, train, kCodingSample)), options);
  return solve_as_planned(backend, std::move(plan), train, options, holdout, start);
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
