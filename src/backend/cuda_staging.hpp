// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <cstddef>
#include <memory>

#include "backend/cuda_handles.hpp"

namespace rankfill {

/// Two pieces of page-locked host memory through which pageable memory is uploaded: while the device fetches one piece, the
/// host fills the other.  The device then copies at the speed of the bus, and the host is free as soon as it has filled the
/// last piece; it never waits for the last transfers.
class CudaStaging {
 public:
  static constexpr std::size_t kPieceBytes = std::size_t{4} << 20;

  /// *Throws* DeviceError, also where the host has no page-locked memory left.
  CudaStaging();

  /// Enqueues; returns when `from` is free again.
  void upload(cudaStream_t stream, void* to, const void* from, std::size_t bytes);

 private:
  struct FreeHost {
    void operator()(std::byte* p) const noexcept;
  };
  struct Piece {
    std::unique_ptr<std::byte, FreeHost> memory;
    CudaEvent fetched;  ///< the device has what was put here last
  };
  std::array<Piece, 2> pieces_;
  std::size_t next_ = 0;
};

}  // namespace rankfill
