// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/detail/entry_ring.cuh"
#include "kernels/detail/row_systems.cuh"

// Rows of fewer than rank / 2 entries: no Gram matrix.  The gathered rows stay in shared memory, and conjugate gradients
// multiply by them, A p = sum_j v_j <v_j, p> + lambda w_i p, at 4 n k flops a step in place of k^3 / 3.  And rows without
// entries.

namespace rankfill {

/// The most entries of a short row.
__host__ __device__ constexpr int most_short_entries(int rank) { return (rank - 1) / 2; }

/// Shared memory of a warp: the gathered rows, a vector of the length of the rank and one over the entries.
__host__ __device__ constexpr std::size_t short_row_bytes(int rank) {
  const int tiles = (rank + 15) / 16, entries = (most_short_entries(rank) + 31) / 32 * 32;
  return static_cast<std::size_t>(most_short_entries(rank) * gathered_row_bytes(tiles) + 64 * tiles + 4 * entries);
}

/// The gathered rows of one short row, in shared memory.  Rank at most 64 kPairs.  Lane l holds, of a vector of the length
/// of the rank, the numbers 64 i + 2 l and 64 i + 2 l + 1; of one over the entries, l + 32 i; i < kPairs.
template <int kPairs>
class ShortRow {
 public:
  using Vector = float[2 * kPairs];
  using PerEntry = float[kPairs];

  __device__ __forceinline__ ShortRow(const RowSystems& s, int row, unsigned char* memory)
      : tiles_((s.rank + 15) / 16),
        rank_(s.rank),
        first_(s.m.row_ptr[row]),
        length_(uniform(static_cast<int>(s.m.row_ptr[row + 1] - first_))),
        unit_(*s.v.unit),
        rows_(memory),
        x_(reinterpret_cast<float*>(memory + most_short_entries(s.rank) * gathered_row_bytes(tiles_))),
        c_(x_ + 16 * tiles_) {
    const int units = 2 * tiles_;
    const auto reciprocal = static_cast<unsigned>(65535 / units + 1);  // q / units by a product: q < 1024
    const SharedAddress to = shared_address(rows_);
#pragma unroll
    for (int i = 0; i < kPairs; ++i) {
      const int e0 = 32 * i, count = min(32, length_ - e0);
      const std::int64_t mine = lane_id() < count ? s.m.col(first_ + e0 + lane_id()) : 0;
      for (int q0 = 0; q0 < count * units; q0 += warp_size) {
        const int q = q0 + lane_id(), e = static_cast<int>(static_cast<unsigned>(q) * reciprocal >> 16);
        const int unit = q - e * units;
        const std::int64_t at = __shfl_sync(full_warp, static_cast<int>(mine), e & 31) * std::int64_t{s.v.row_bytes};
        const bool wanted = unit < static_cast<int>(s.v.row_bytes / 16);
        if (e < count)
          cp_async16(to + static_cast<SharedAddress>((e0 + e) * gathered_row_bytes(tiles_) + 16 * unit),
                     reinterpret_cast<const char*>(s.v.rows) + (wanted ? at + 16 * unit : 0), wanted);
      }
    }
    cp_async_commit();
    cp_async_wait<0>();
    __syncwarp();
    if constexpr (kPairs == 1) {
#pragma unroll
      for (int unit = 0; unit < 8; ++unit)
        held_[unit] = exists(0) && unit < 2 * tiles_ ? vector(lane_id(), unit) : uint4{};
    }
  }

  __device__ __forceinline__ int length() const { return length_; }
  /// The rows are this times what is gathered.
  __device__ __forceinline__ float unit() const { return unit_; }
  __device__ __forceinline__ std::int64_t entry(int i) const { return first_ + 32 * i + lane_id(); }
  __device__ __forceinline__ bool exists(int i) const { return 32 * i + lane_id() < length_; }
  /// Number n (< 2 kPairs) of a vector stands for this component; past the rank they are zero.
  __device__ __forceinline__ int component(int n) const { return 64 * (n / 2) + 2 * lane_id() + n % 2; }

  /// products_j = <v_j, x>
  __device__ __forceinline__ void times(const Vector& x, PerEntry& products) const {
    __syncwarp();
#pragma unroll
    for (int n = 0; n < 2 * kPairs; ++n)
      if (component(n) < 16 * tiles_) x_[component(n)] = x[n];
    __syncwarp();
#pragma unroll
    for (int i = 0; i < kPairs; ++i) {
      float sum = 0;
      if constexpr (kPairs == 1) {
#pragma unroll
        for (int unit = 0; unit < 8; ++unit)
          if (unit < 2 * tiles_) sum = add_products(held_[unit], unit, sum);
      } else if (exists(i)) {
        for (int unit = 0; unit < 2 * tiles_; ++unit) sum = add_products(vector(32 * i + lane_id(), unit), unit, sum);
      }
      products[i] = sum * unit_;
    }
  }

  /// sum = sum_j c_j v_j, or with v_j's numbers squared
  template <bool kSquared = false>
  __device__ __forceinline__ void combine(const PerEntry& c, Vector& sum) const {
    __syncwarp();
#pragma unroll
    for (int i = 0; i < kPairs; ++i)
      if (32 * i < most_short_entries(rank_)) c_[32 * i + lane_id()] = c[i];
    __syncwarp();
#pragma unroll
    for (int n = 0; n < 2 * kPairs; ++n) sum[n] = 0;
    for (int e = 0; e < length_; e += 4) {
      const float4 four = *reinterpret_cast<const float4*>(c_ + e);
      const float factors[4] = {four.x, four.y, four.z, four.w};
#pragma unroll
      for (int k = 0; k < 4; ++k)
        if (e + k < length_) {
#pragma unroll
          for (int h = 0; h < kPairs; ++h)
            if (component(2 * h) < 16 * tiles_) {
              const auto pair = *reinterpret_cast<const std::uint32_t*>(row(e + k) + 2 * component(2 * h));
              const float y0 = first(pair), y1 = second(pair);
              sum[2 * h] = fmaf(kSquared ? factors[k] * y0 : factors[k], y0, sum[2 * h]);
              sum[2 * h + 1] = fmaf(kSquared ? factors[k] * y1 : factors[k], y1, sum[2 * h + 1]);
            }
        }
    }
#pragma unroll
    for (int n = 0; n < 2 * kPairs; ++n) sum[n] *= unit_;
  }

 private:
  __device__ __forceinline__ const unsigned char* row(int entry) const {
    return rows_ + entry * gathered_row_bytes(tiles_);
  }
  /// 8 numbers of an entry's row.
  __device__ __forceinline__ uint4 vector(int entry, int unit) const {
    return *reinterpret_cast<const uint4*>(row(entry) + 16 * unit);
  }
  /// sum + the products of these numbers with those of x_
  __device__ __forceinline__ float add_products(const uint4& y, int unit, float sum) const {
    const auto* x = reinterpret_cast<const float4*>(x_ + 8 * unit);
    const float4 a = x[0], b = x[1];
    sum = fmaf(first(y.x), a.x, fmaf(second(y.x), a.y, fmaf(first(y.y), a.z, fmaf(second(y.y), a.w, sum))));
    return fmaf(first(y.z), b.x, fmaf(second(y.z), b.y, fmaf(first(y.w), b.z, fmaf(second(y.w), b.w, sum))));
  }
  __device__ __forceinline__ static float first(std::uint32_t pair) {
    return __half2float(__ushort_as_half(static_cast<unsigned short>(pair)));
  }
  __device__ __forceinline__ static float second(std::uint32_t pair) {
    return __half2float(__ushort_as_half(static_cast<unsigned short>(pair >> 16)));
  }

  int tiles_, rank_;
  std::int64_t first_;
  int length_;
  float unit_;
  const unsigned char* rows_;
  float* x_;
  float* c_;
  uint4 held_[kPairs == 1 ? 8 : 1];  ///< this lane's entry, where registers hold it
};

/// Shared memory: short_row_bytes for each warp.
template <int kPairs>
__global__ void __launch_bounds__(128, 4)
    solve_short_rows_warp_per_row(const RowSystems s, const std::int32_t* rows, std::int64_t count) {
  const int warp = uniform_warp();
  const std::int64_t number = std::int64_t{blockIdx.x} * (blockDim.x / warp_size) + warp;
  if (number >= count) return;
  const std::int32_t row = uniform(rows[number]);
  const WarpTeam team;
  const ShortRow<kPairs> v(s, row, shared_memory<unsigned char>() + warp * short_row_bytes(s.rank));
  float* u_i = s.row(row);
  const float lambda = s.scaled_lambda(row);
  constexpr int kSize = 2 * kPairs;
  const auto own = [&](int n) { return v.component(n) < s.rank; };
  float g[kSize], u[kSize], d[kSize], residual[kSize], diagonal[kSize], per_entry[kPairs];
#pragma unroll
  for (int n = 0; n < kSize; ++n) u[n] = own(n) ? u_i[v.component(n)] : 0.0F;

  float squared_error = 0;
  if (s.gradient) {
#pragma unroll
    for (int n = 0; n < kSize; ++n) g[n] = own(n) ? s.given_gradient(row, v.component(n)) : 0.0F;
  } else {
    v.times(u, per_entry);
#pragma unroll
    for (int i = 0; i < kPairs; ++i) {
      per_entry[i] = v.exists(i) ? per_entry[i] - s.m.value(v.entry(i)) : 0.0F;
      squared_error = fmaf(per_entry[i], per_entry[i], squared_error);
    }
    squared_error = warp_sum(squared_error);
    v.combine(per_entry, g);
  }
#pragma unroll
  for (int i = 0; i < kPairs; ++i) per_entry[i] = v.unit();
  v.template combine<true>(per_entry, diagonal);
  float largest = 0;
#pragma unroll
  for (int n = 0; n < kSize; ++n) {
    g[n] = fmaf(lambda, u[n], g[n]);
    largest = fmaxf(largest, diagonal[n] + lambda);
  }
  largest = team.max(largest);
  const float raised = fmaxf(lambda, least_lambda(s.rank, largest));
  // Scaling by the diagonal would cost the exact solve its end: with one scale for all, A has at most n + 1 different
  // eigenvalues.
  const bool exact = s.cg_steps == 0;
#pragma unroll
  for (int n = 0; n < kSize; ++n) diagonal[n] = __fdividef(1.0F, exact || !own(n) ? largest : diagonal[n] + raised);
  const auto multiply = [&](const float(&p)[kSize], float(&q)[kSize]) {
    v.times(p, per_entry);
    v.combine(per_entry, q);
#pragma unroll
    for (int n = 0; n < kSize; ++n) q[n] = fmaf(raised, p[n], q[n]);
  };
  conjugate_gradients(team, multiply, g, diagonal, exact ? 2 * v.length() + 8 : s.cg_steps, d, residual, most_steps(s),
                      s.cg_tolerance);

  double gradient_squared = 0, decrease = 0;
#pragma unroll
  for (int n = 0; n < kSize; ++n) {
    gradient_squared += double{g[n]} * double{g[n]};
    decrease += double{0.5F * (g[n] + residual[n]) * d[n]};
    if (own(n)) u_i[v.component(n)] = u[n] - d[n];
  }
  gradient_squared = warp_sum(gradient_squared);
  decrease = warp_sum(decrease);
  if (lane_id() == 0) {
    s.write_start(row, double{squared_error}, gradient_squared);
    s.write_decrease(row, decrease);
  }
}

/// A = lambda I and g = lambda u: the minimiser is 0, also when lambda = 0.
__global__ void clear_empty_rows_warp_per_row(const RowSystems s, const std::int32_t* rows, std::int64_t count) {
  for (std::int64_t number = grid_warp(); number < count; number += grid_warps()) {
    const std::int32_t row = rows[number];
    float* u_i = s.row(row);
    double norm = 0;
    for (int k = lane_id(); k < s.rank; k += warp_size) {
      norm += double{u_i[k]} * double{u_i[k]};
      u_i[k] = 0;
    }
    norm = warp_sum(norm);
    const double lambda = s.scaled_lambda(row);
    if (lane_id() == 0) {
      s.write_start(row, 0, lambda * lambda * norm);
      s.write_decrease(row, 0.5 * lambda * norm);
    }
  }
}

}  // namespace rankfill
