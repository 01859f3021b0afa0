// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "problem/problem.hpp"
#include "problem/training_entries.hpp"
#include "rankfill/device_entries.hpp"

namespace rankfill {

class CpuBackend;
class CudaBackend;

/// Entries -> problem on a backend, for options.rank and options.formulation: checked, centred, in both orders, as narrow as the
/// backend's kernels can read without loss.  The only place where shapes, ranges, duplicates and NaN are checked, so kernels
/// need not.  Waits.
/// *Throws* InvalidData, InvalidOption (formulation block asked for and Omega is none), OutOfDeviceMemory.
/// Both backends find the same facts, to rounding where they are sums.  The CPU keeps the order of the indices, stores T in full,
/// and frees entries that were given away as it goes.
template <class T>
Problem<T, CpuBackend> prepare(CpuBackend&, const TrainingEntries& train, const Options& options,
                               const Entries* holdout);
template <class T>
Problem<T, CudaBackend> prepare(CudaBackend&, const Entries& train, const Options& options, const Entries* holdout);
/// From arrays on the backend's device: the same bits.
template <class T>
Problem<T, CudaBackend> prepare(CudaBackend&, const DeviceEntries& train, const Options& options,
                                const HeldOut& holdout);

}  // namespace rankfill
