// SPDX-License-Identifier: Apache-2.0
#include "backend/cuda_staging.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "backend/cuda_check.hpp"

namespace rankfill {

void CudaStaging::FreeHost::operator()(std::byte* p) const noexcept { ignore(cudaFreeHost(p)); }

CudaStaging::CudaStaging() {
  for (Piece& piece : pieces_) {
    void* memory = nullptr;
    check(cudaMallocHost(&memory, kPieceBytes), "cudaMallocHost");
    piece.memory.reset(static_cast<std::byte*>(memory));
    piece.fetched = make_event();
  }
}

namespace {

/// memcpy by all threads: one alone is slower than the bus.
void copy(std::byte* to, const std::byte* from, std::size_t bytes) {
  constexpr std::size_t slice = std::size_t{256} << 10;
  const auto slices = static_cast<std::int64_t>((bytes + slice - 1) / slice);
#pragma omp parallel for if (slices > 1)
  for (std::int64_t i = 0; i < slices; ++i) {
    const std::size_t first = static_cast<std::size_t>(i) * slice;
    std::memcpy(to + first, from + first, std::min(slice, bytes - first));
  }
}

}  // namespace

void CudaStaging::upload(cudaStream_t stream, void* to, const void* from, std::size_t bytes) {
  for (std::size_t done = 0; done < bytes; done += kPieceBytes) {
    Piece& piece = pieces_[next_];
    next_ = (next_ + 1) % pieces_.size();
    const std::size_t count = std::min(kPieceBytes, bytes - done);
    check(cudaEventSynchronize(piece.fetched.get()), "cudaEventSynchronize");  // at once when never recorded
    copy(piece.memory.get(), static_cast<const std::byte*>(from) + done, count);
    check(
        cudaMemcpyAsync(static_cast<std::byte*>(to) + done, piece.memory.get(), count, cudaMemcpyHostToDevice, stream),
        "cudaMemcpyAsync to device");
    check(cudaEventRecord(piece.fetched.get(), stream), "cudaEventRecord");
  }
}

}  // namespace rankfill
