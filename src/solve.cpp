// SPDX-License-Identifier: Apache-2.0
#include "rankfill/solve.hpp"

#include <utility>

#include "backend/cpu.hpp"
#include "prepared_on.hpp"
#include "rankfill/error.hpp"
#include "solve_cuda.hpp"
#include "solve_device.hpp"
#include "solve_on.hpp"

namespace rankfill {

static_assert(Backend<CpuBackend>);

int resolve_device(Device device) {
  if (device.kind == Device::Kind::cpu) return -1;
  const auto devices = cuda_devices();
  if (device.kind == Device::Kind::automatic) return devices.empty() ? -1 : devices.front().index;
  if (!built_with_cuda())
    throw BackendUnavailable("device = cuda: this build of rankfill has no CUDA half (it was built without nvcc)");
  for (const DeviceInfo& info : devices)
    if (info.index == device.index) return device.index;
  throw BackendUnavailable("device = " + to_string(device) + ": " +
                           (devices.empty() ? "no CUDA device or driver was found"
                                            : "there are " + std::to_string(devices.size()) + " CUDA devices, from 0"));
}

namespace {

Result solve_either(const TrainingEntries& train, const Options& options, const Entries* holdout, const Start* start) {
  require_valid(options);
  if (options.recover && start) throw InvalidOption("start", "given", "recovery has its own");
  if (options.recover) return solve_recovery(*train, options, holdout);
  if (!options.grow_rank) return solve_at_rank(train, options, holdout, start);
  const auto at_rank = [&](const Options& o, const Start* from) { return solve_at_rank(*train, o, holdout, from); };
  return solve_growing(at_rank, train->num_rows, train->num_cols, options, start);
}

}  // namespace

Result solve(const Entries& train, const Options& options, const Entries* holdout, const Start* start) {
  return solve_either(train, options, holdout, start);
}

Result solve(Entries&& train, const Options& options, const Entries* holdout, const Start* start) {
  return solve_either(std::move(train), options, holdout, start);
}

Result solve(const DeviceEntries& train, const Options& options, const HeldOut& holdout, const Start* start) {
  require_valid(options);
  if (options.device.kind == Device::Kind::cpu)
    throw InvalidOption("device", "cpu", "the entries are on a CUDA device: bring them to the host before");
  if (options.recover)
    throw InvalidOption("recover", "given", "splits the entries on the host: bring them there before");
  if (cuda_devices().empty())
    throw BackendUnavailable(built_with_cuda()
                                 ? "entries on a CUDA device: no CUDA device or driver was found"
                                 : "entries on a CUDA device: this build of rankfill has no CUDA half (it "
                                   "was built without nvcc)");
  const int device = device_of(train, options.device);
  const auto at_rank = [&](const Options& o, const Start* from) { return solve_cuda(device, train, o, holdout, from); };
  return options.grow_rank ? solve_growing(at_rank, train.num_rows, train.num_cols, options, start)
                           : at_rank(options, start);
}

Result solve_at_rank(const TrainingEntries& train, const Options& options, const Entries* holdout, const Start* start) {
  if (const int device = resolve_device(options.device); device >= 0)
    return solve_cuda(device, train, options, holdout, start);
  CpuBackend backend(options.threads);
  return solve_on(backend, true, train, options, holdout, start);
}

void with_prepared(const Entries& train, const Options& options, const Entries* holdout,
                   const std::function<void(const PreparedData&)>& use) {
  require_valid(options);
  if (const int device = resolve_device(options.device); device >= 0)
    return with_prepared_cuda(device, train, options, holdout, use);
  CpuBackend backend(options.threads);
  with_prepared_on(backend, true, train, options, holdout, use);
}

}  // namespace rankfill
