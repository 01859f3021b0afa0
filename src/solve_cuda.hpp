// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "prepared.hpp"
#include "rankfill/check_gradient.hpp"
#include "rankfill/solve.hpp"

// The door to the CUDA half.  solve_cuda.cpp opens it; solve_without_cuda.cpp, built where there is no CUDA toolkit, says
// that it is shut.  No CUDA type passes.

namespace rankfill {

Result solve_cuda(int device, const Entries& train, const Options& options, const Entries* holdout, const Start* start);

/// The device that holds all arrays.  *Throws* InvalidData: they are not on one; InvalidOption: it is not the one wanted.
int device_of(const DeviceEntries& entries, Device wanted);
Result solve_cuda(int device, const DeviceEntries& train, const Options& options, const HeldOut& holdout,
                  const Start* start);

void with_prepared_cuda(int device, const Entries& train, const Options& options, const Entries* holdout,
                        const std::function<void(const PreparedData&)>& use);
GradientCheck check_gradient_cuda(int device, const Entries& entries, const Options& options);

/// "CUDA 13.0", or "no CUDA".
const char* cuda_build_info();

}  // namespace rankfill
