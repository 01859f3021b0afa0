// SPDX-License-Identifier: Apache-2.0
#include "kernels/coordinate_rows.hpp"

#include "kernels/detail/entry_view.cuh"
#include "kernels/detail/teams.cuh"
#include "kernels/detail/thread_per_item.cuh"

namespace rankfill {

namespace {

/// A call of coordinate_rows.  Passed to kernels by value.
template <class T>
struct CoordinateTask {
  EntryView<T> m;
  T lambda;
  const T* weights;  ///< null: 1
  Turn turn;
  const Move<T>* held;
  T* e;
  T* u;
  int rank;
  Move<T>* left;
};

/// One row by a team; its members take turns at the entries, the same ones both times.
template <class Team, class T>
__device__ __forceinline__ void move_row(const Team& team, const CoordinateTask<T>& task, std::int64_t row) {
  T* u_i = task.u + row * task.rank;
  const std::int64_t begin = task.m.row_ptr[row], end = task.m.row_ptr[row + 1];
  const T moved = u_i[task.turn.moved], here = u_i[task.turn.here], follow = u_i[task.turn.follow];
  T a = 0, b = 0;
  for (std::int64_t p = begin + team.member(); p < end; p += team.size()) {
    const Move<T> move = task.held[task.m.col(p)];
    const T residual = task.e[p] - moved * move.step;
    task.e[p] = residual;
    a += residual * move.number;
    b += move.number * move.number;
  }
  a = team.sum(a);  // and every member has read u_i
  b = team.sum(b);
  const T scaled = task.weights ? task.lambda * task.weights[row] : task.lambda;
  const T step = begin == end ? -here : b + scaled > 0 ? (a - scaled * here) / (b + scaled) : T(0);
  for (std::int64_t p = begin + team.member(); p < end; p += team.size())
    task.e[p] -= step * task.held[task.m.col(p)].number;
  if (team.member() == 0) {
    u_i[task.turn.here] = here + step;
    task.left[row] = {step, task.turn.follow == task.turn.here ? here + step : follow};
  }
}

/// Rows of one chunk, short rows and empty ones: all but those that are split.
template <class T>
__global__ void move_rows_warp_per_row(CoordinateTask<T> task, const Chunk* chunks, std::int64_t num_chunks,
                                       const std::int32_t* short_rows, std::int64_t num_short_rows,
                                       const std::int32_t* empty_rows, std::int64_t num_empty_rows) {
  const std::int64_t with_entries = num_chunks + num_short_rows;
  for (std::int64_t i = grid_warp(); i < with_entries + num_empty_rows; i += grid_warps()) {
    if (i < num_chunks && chunks[i].slot >= 0) continue;
    const std::int32_t row = i < num_chunks     ? chunks[i].row
                             : i < with_entries ? short_rows[i - num_chunks]
                                                : empty_rows[i - with_entries];
    move_row(WarpTeam{}, task, row);
  }
}

template <class T>
__global__ void move_split_rows_block_per_row(CoordinateTask<T> task, std::int64_t num_rows, const SplitRow* rows) {
  for (std::int64_t i = blockIdx.x; i < num_rows; i += gridDim.x)
    move_row(BlockTeam{shared_memory<double>()}, task, rows[i].row);
}

template <class T>
__global__ void start_moves_thread_per_row(std::int64_t num_rows, int rank, const T* x, int follow, Move<T>* left) {
  for (std::int64_t i = grid_thread(); i < num_rows; i += grid_threads()) left[i] = {T(0), x[i * rank + follow]};
}

}  // namespace

template <class T>
void coordinate_rows(CudaBackend& backend, const Csr<T, CudaBackend>& m, double lambda,
                     const Buffer<T, CudaBackend>& weights, const Turn& turn, const Buffer<Move<T>, CudaBackend>& held,
                     Buffer<T, CudaBackend>& e, Factor<T, CudaBackend>& u, Buffer<Move<T>, CudaBackend>& left) {
  const RowPlan<CudaBackend>& plan = m.gradient_plan;
  const CoordinateTask<T> task{view(m),  static_cast<T>(lambda), weights.data(), turn,       held.data(),
                               e.data(), u.values.data(),        u.rank,         left.data()};
  const std::int64_t warps = plan.chunks.size() + plan.short_rows.size() + plan.empty_rows.size();
  if (!plan.split_rows.empty())  // first: they take longest
    launch(backend, {dim3(blocks_for(plan.split_rows.size(), 1)), dim3(kBlockThreads), kWarpsPerBlock * sizeof(double)},
           move_split_rows_block_per_row<T>, task, plan.split_rows.size(), plan.split_rows.data());
  launch(backend, warp_per_row_shape(warps), move_rows_warp_per_row<T>, task, plan.chunks.data(), plan.chunks.size(),
         plan.short_rows.data(), plan.short_rows.size(), plan.empty_rows.data(), plan.empty_rows.size());
}

template <class T>
void start_moves(CudaBackend& backend, const Factor<T, CudaBackend>& x, int follow,
                 Buffer<Move<T>, CudaBackend>& left) {
  launch(backend, thread_per_item_shape(x.num_rows), start_moves_thread_per_row<T>, x.num_rows, x.rank, x.values.data(),
         follow, left.data());
}

template void coordinate_rows(CudaBackend&, const Csr<float, CudaBackend>&, double, const Buffer<float, CudaBackend>&,
                              const Turn&, const Buffer<Move<float>, CudaBackend>&, Buffer<float, CudaBackend>&,
                              Factor<float, CudaBackend>&, Buffer<Move<float>, CudaBackend>&);
template void coordinate_rows(CudaBackend&, const Csr<double, CudaBackend>&, double, const Buffer<double, CudaBackend>&,
                              const Turn&, const Buffer<Move<double>, CudaBackend>&, Buffer<double, CudaBackend>&,
                              Factor<double, CudaBackend>&, Buffer<Move<double>, CudaBackend>&);
template void start_moves(CudaBackend&, const Factor<float, CudaBackend>&, int, Buffer<Move<float>, CudaBackend>&);
template void start_moves(CudaBackend&, const Factor<double, CudaBackend>&, int, Buffer<Move<double>, CudaBackend>&);

}  // namespace rankfill
