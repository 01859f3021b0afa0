// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda.hpp"
#include "problem/host_problem.hpp"
#include "problem/prepare.hpp"

namespace rankfill {

template <class T>
Problem<T, CudaBackend> prepare(CudaBackend& backend, const Entries& train, const Options& options,
                                const Entries* holdout) {
  const HostProblem host = prepare_on_host(train, options, holdout);
  return upload_problem<T>(backend, host, options.rank, resolve(options.formulation, host.is_block), false);
}

template Problem<float, CudaBackend> prepare(CudaBackend&, const Entries&, const Options&, const Entries*);
template Problem<double, CudaBackend> prepare(CudaBackend&, const Entries&, const Options&, const Entries*);

}  // namespace rankfill
