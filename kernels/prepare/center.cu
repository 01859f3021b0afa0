// SPDX-License-Identifier: Apache-2.0
#include "kernels/prepare/center.hpp"

#include <algorithm>

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/offset_view.cuh"
#include "kernels/detail/pieces.cuh"
#include "kernels/detail/thread_per_item.cuh"

namespace rankfill {

namespace {

/// Blocks of a kernel that leaves one partial sum per block or warp.  Not a matter of the device, because the order of a sum
/// must not be one.
unsigned sum_blocks(std::int64_t items, int per_block) { return std::min(blocks_for(items, per_block), 512U); }

/// partial[block] = the block's part of the sum.
template <class S>
__global__ void sum_thread_per_value(std::int64_t count, const S* values, double* partial) {
  double* scratch = shared_memory<double>();
  double sum = 0;
  for (std::int64_t p = grid_thread(); p < count; p += grid_threads()) sum += double{values[p]};
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

/// A piece that is a whole row leaves its sum in sums[row], any other in slots[piece.slot].
template <class S>
__global__ void sums_warp_per_piece(PieceView pieces, EntryView<S> m, double mean, const double* other, double* sums,
                                    double* slots) {
  for (std::int64_t i = grid_warp(); i < pieces.count(); i += grid_warps()) {
    const Chunk piece = pieces[i];
    double sum = 0;
    for (std::int64_t p = piece.first + lane_id(); p < piece.first + piece.length; p += warp_size) {
      double offset = mean;
      if (other) offset += other[m.col(p)];
      sum += double{m.value(p)} - offset;
    }
    sum = warp_sum(sum);
    if (lane_id() == 0) (piece.slot < 0 ? sums[piece.row] : slots[piece.slot]) = sum;
  }
}

__global__ void slots_warp_per_split_row(std::int64_t count, const SplitRow* rows, const double* slots, double* sums) {
  for (std::int64_t i = grid_warp(); i < count; i += grid_warps()) {
    const SplitRow row = rows[i];
    double sum = 0;
    for (int s = lane_id(); s < row.num_slots; s += warp_size) sum += slots[row.first_slot + s];
    sum = warp_sum(sum);
    if (lane_id() == 0) sums[row.row] = sum;
  }
}

__global__ void damp_thread_per_row(std::int64_t num_rows, const std::int64_t* row_ptr, double damping, double* bias) {
  for (std::int64_t i = grid_thread(); i < num_rows; i += grid_threads()) {
    const std::int64_t count = row_ptr[i + 1] - row_ptr[i];
    bias[i] = count > 0 ? bias[i] / (static_cast<double>(count) + damping) : 0.0;  // an empty row has no sum
  }
}

struct Extremes {
  double low, high;
};

/// The extremes of all lanes, in every lane.
__device__ __forceinline__ Extremes warp_extremes(Extremes x) {
  for (int offset = warp_size / 2; offset > 0; offset /= 2) {
    x.low = min(x.low, __shfl_xor_sync(full_warp, x.low, offset));
    x.high = max(x.high, __shfl_xor_sync(full_warp, x.high, offset));
  }
  return x;
}

/// squares[warp], extremes[warp]: of the centred values in the warp's pieces.
template <class S>
__global__ void spread_warp_per_piece(PieceView pieces, EntryView<S> m, OffsetView offsets, double* squares,
                                      Extremes* extremes) {
  double sum = 0;
  Extremes x{HUGE_VAL, -HUGE_VAL};
  for (std::int64_t i = grid_warp(); i < pieces.count(); i += grid_warps()) {
    const Chunk piece = pieces[i];
    for (std::int64_t p = piece.first + lane_id(); p < piece.first + piece.length; p += warp_size) {
      const double value = double{m.value(p)} - offsets.at(piece.row, m.col(p));
      sum += value * value;
      x = {min(x.low, value), max(x.high, value)};
    }
  }
  sum = warp_sum(sum);
  x = warp_extremes(x);
  if (lane_id() == 0) {
    squares[grid_warp()] = sum;
    extremes[grid_warp()] = x;
  }
}

/// One warp.
__global__ void extremes_one_warp(std::int64_t count, const Extremes* extremes, Extremes* all) {
  Extremes x{HUGE_VAL, -HUGE_VAL};
  for (std::int64_t i = lane_id(); i < count; i += warp_size)
    x = {min(x.low, extremes[i].low), max(x.high, extremes[i].high)};
  x = warp_extremes(x);
  if (lane_id() == 0) *all = x;
}

/// partial[2 block], partial[2 block + 1] = the block's part of the squared error and of the count.
__global__ void unseen_thread_per_entry(EntryPiece piece, double mean, const double* row_bias, const double* col_bias,
                                        const std::int32_t* row_place, const std::int32_t* col_place, double* partial) {
  double* scratch = shared_memory<double>();
  double squares = 0, count = 0;
  for (std::int64_t t = grid_thread(); t < piece.count; t += grid_threads()) {
    const std::int64_t row = piece.rows[t], col = piece.cols[t];
    if (row >= 0 && col >= 0) continue;
    double offset = mean;
    if (row_bias && row >= 0) offset += row_bias[row_place[row]];
    if (col_bias && col >= 0) offset += col_bias[col_place[col]];
    const double error = piece.values[t] - offset;
    squares += error * error;
    count += 1;
  }
  squares = block_sum(squares, scratch);
  if (threadIdx.x == 0) partial[2 * blockIdx.x] = squares;
  count = block_sum(count, scratch);
  if (threadIdx.x == 0) partial[2 * blockIdx.x + 1] = count;
}

}  // namespace

template <class S>
double read_sum(CudaBackend& backend, const Buffer<S, CudaBackend>& values) {
  const unsigned blocks = sum_blocks(values.size(), kBlockThreads);
  const SumSpace space(backend, blocks, 1, 0, "a sum");
  launch(backend, {dim3(blocks), dim3(kBlockThreads), kWarpsPerBlock * sizeof(double)}, sum_thread_per_value<S>,
         values.size(), values.data(), space.partial);
  ordered_sum<1>(backend, space.partial, blocks, space.total);
  double sum = 0;
  backend.download(&sum, space.total, sizeof sum);
  return sum;
}

template <class S>
void damped_bias(CudaBackend& backend, const Csr<S, CudaBackend>& m, double mean,
                 const Buffer<double, CudaBackend>& other, double damping, Buffer<double, CudaBackend>& bias) {
  const RowPlan<CudaBackend>& plan = m.gradient_plan;
  auto* const slots = static_cast<double*>(backend.workspace(
      static_cast<std::size_t>(std::max<std::int64_t>(plan.num_slots, 1)) * sizeof(double), "sums of parts of rows"));
  launch(backend, warp_per_row_shape(pieces(m).count()), sums_warp_per_piece<S>, pieces(m), view(m), mean, other.data(),
         bias.data(), slots);
  launch(backend, warp_per_row_shape(plan.split_rows.size()), slots_warp_per_split_row, plan.split_rows.size(),
         plan.split_rows.data(), slots, bias.data());
  launch(backend, thread_per_item_shape(m.num_rows), damp_thread_per_row, m.num_rows, m.row_ptr.data(), damping,
         bias.data());
}

template <class S>
Spread read_spread(CudaBackend& backend, const Csr<S, CudaBackend>& m, const Offsets<CudaBackend>& offsets) {
  const unsigned blocks = sum_blocks(pieces(m).count(), kWarpsPerBlock);
  const std::int64_t warps = std::int64_t{blocks} * kWarpsPerBlock;
  const SumSpace space(backend, warps, 1, static_cast<std::size_t>(warps + 1) * sizeof(Extremes), "sums of squares");
  auto* const extremes = reinterpret_cast<Extremes*>(space.more);
  launch(backend, {dim3(blocks), dim3(kBlockThreads), 0}, spread_warp_per_piece<S>, pieces(m), view(m),
         view(offsets, Side::row), space.partial, extremes);
  ordered_sum<1>(backend, space.partial, warps, space.total);
  launch(backend, {dim3(1), dim3(warp_size), 0}, extremes_one_warp, warps, extremes, extremes + warps);
  Spread spread;
  Extremes all{};
  backend.download(&spread.squares, space.total, sizeof spread.squares);
  backend.download(&all, extremes + warps, sizeof all);
  spread.low = all.low;
  spread.high = all.high;
  return spread;
}

Unseen read_unseen(CudaBackend& backend, const EntryPiece& piece, const Offsets<CudaBackend>& offsets,
                   const Buffer<std::int32_t, CudaBackend>& row_place,
                   const Buffer<std::int32_t, CudaBackend>& col_place) {
  const unsigned blocks = sum_blocks(piece.count, kBlockThreads);
  const SumSpace space(backend, blocks, 2, 0, "a sum");
  launch(backend, {dim3(blocks), dim3(kBlockThreads), kWarpsPerBlock * sizeof(double)}, unseen_thread_per_entry, piece,
         offsets.mean, offsets.row_bias.data(), offsets.col_bias.data(), row_place.data(), col_place.data(),
         space.partial);
  ordered_sum<2>(backend, space.partial, blocks, space.total);
  double sums[2] = {};
  backend.download(sums, space.total, sizeof sums);
  return {static_cast<std::int64_t>(sums[1]), sums[0]};
}

template double read_sum(CudaBackend&, const Buffer<float, CudaBackend>&);
template double read_sum(CudaBackend&, const Buffer<double, CudaBackend>&);
template void damped_bias(CudaBackend&, const Csr<float, CudaBackend>&, double, const Buffer<double, CudaBackend>&,
                          double, Buffer<double, CudaBackend>&);
template void damped_bias(CudaBackend&, const Csr<double, CudaBackend>&, double, const Buffer<double, CudaBackend>&,
                          double, Buffer<double, CudaBackend>&);
template Spread read_spread(CudaBackend&, const Csr<float, CudaBackend>&, const Offsets<CudaBackend>&);
template Spread read_spread(CudaBackend&, const Csr<double, CudaBackend>&, const Offsets<CudaBackend>&);

}  // namespace rankfill
