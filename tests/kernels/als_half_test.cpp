// SPDX-License-Identifier: Apache-2.0
#include "kernels/als_half.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include "tests/support/ragged_case.hpp"

namespace rankfill::testing {
namespace {

using oracle::Dense;
using Numbers = std::vector<double>;

double norm(const Numbers& x) { return std::sqrt(oracle::sum_of_squares(x)); }
double dot(const Numbers& x, const Numbers& y) {
  double sum = 0;
  for (std::size_t k = 0; k < x.size(); ++k) sum += x[k] * y[k];
  return sum;
}

/// A of row i with lambda added, whole.
struct System {
  System(const Case& c, const Numbers& v, std::int64_t i, double lambda) : rank(static_cast<std::size_t>(c.rank)) {
    a.assign(rank * rank, 0);
    for (std::int64_t j = 0; j < c.dense.n; ++j)
      if (c.dense.seen(i, j) != 0)
        for (int k = 0; k < c.rank; ++k)
          for (int l = 0; l < c.rank; ++l)
            a[static_cast<std::size_t>(k * c.rank + l)] +=
                oracle::entry(v, j, c.rank, k) * oracle::entry(v, j, c.rank, l);
    for (std::size_t k = 0; k < rank; ++k) a[k * rank + k] += lambda;
  }
  Numbers times(const Numbers& x) const {
    Numbers y(rank, 0);
    for (std::size_t k = 0; k < rank; ++k)
      for (std::size_t l = 0; l < rank; ++l) y[k] += a[k * rank + l] * x[l];
    return y;
  }
  /// <g, d> - 1/2 <d, A d>: by how much the objective falls when the row moves by -d
  double decrease(const Numbers& g, const Numbers& d) const { return dot(g, d) - dot(d, times(d)) / 2; }
  /// Conjugate gradients from 0, scaled by the diagonal.
  Numbers conjugate_gradients(const Numbers& g, int steps) const {
    Numbers d(rank, 0), r = g, z = g, p;
    const auto scale = [&] {
      for (std::size_t k = 0; k < rank; ++k) z[k] = r[k] / a[k * rank + k];
    };
    scale();
    p = z;
    for (int step = 0; step < steps && dot(r, z) > 1e-26 * dot(g, g); ++step) {
      const Numbers q = times(p);
      const double rz = dot(r, z), alpha = rz / dot(p, q);
      for (std::size_t k = 0; k < rank; ++k) d[k] += alpha * p[k], r[k] -= alpha * q[k];
      scale();
      const double beta = dot(r, z) / rz;
      for (std::size_t k = 0; k < rank; ++k) p[k] = z[k] + beta * p[k];
    }
    return d;
  }
  std::size_t rank;
  Numbers a;
};

struct How {
  HalfSweepControl control{};
  bool weighted = false;
  double lambda = 0.5;
  std::int64_t chunk_length = 40;  ///< 1000: every row is one chunk, the longest of many tiles
};

template <class B>
class AlsHalf : public KernelTest<B> {
 protected:
  /// The case on the backend, its rows cut into chunks; 5 entries are few, unless the rank wants fewer.
  template <class T>
  OnBackend<T, B> on_backend(const Case& c, const How& how = {}) {
    OnBackend<T, B> s(*this->backend, c);
    if constexpr (B::kPlansRows)
      s.problem.observations.by_row.solve_plan = upload_plan(
          *this->backend, plan_rows(s.host.by_row.row_ptr, how.chunk_length, std::min(5, (c.rank - 1) / 2)));
    return s;
  }
  template <class T>
  HalfSweep sweep(OnBackend<T, B>& s, const How& how, const Numbers& weights = {}) {
    Buffer<double, B> sums(*this->backend, kHalfSweepSums, "sums");
    const Buffer<T, B> w(*this->backend, detail::cast<T>(weights), "weights");
    als_half(*this->backend, s.problem.observations.by_row, how.lambda, w, s.at.col, how.control, s.at.row, sums);
    return read_half_sweep(sums);
  }

  /// Every row is left where its system says.  Errors are judged by what they do to the system, A d = g: rounding by that
  /// of its numbers in T, whatever its condition; float16 copies by how far they move A.
  template <class T>
  void check(const Case& c, const How& how) {
    SCOPED_TRACE("rank " + std::to_string(c.rank) + (how.control.gather == Gather::half ? ", half" : ", full") +
                 (how.weighted ? ", weighted, " : ", ") + std::to_string(how.control.cg_steps) + " CG steps, " +
                 (sizeof(T) == 8 ? "double" : "float"));
    OnBackend<T, B> s = on_backend<T>(c, how);
    Numbers weights;
    if (how.weighted)
      for (std::int64_t i = 0; i < c.dense.m; ++i) weights.push_back(c.weight(i));
    const HalfSweep seen = sweep(s, how, weights);

    const bool on_device = B::kPlansRows && sizeof(T) == 4 && c.rank <= 256;
    const Numbers halves = rounded_to_half(c.v);
    const Numbers& v = on_device && how.control.gather == Gather::half ? halves : c.v;
    const Dense r = oracle::residual(c.dense, c.u, v, c.rank);
    const Numbers data = oracle::row_gradient(r, v, c.rank);
    const std::vector<T> solved = s.at.row.values.download();
    const Numbers after(solved.begin(), solved.end());
    const double terms = 4.0 * (c.rank + 4) * std::numeric_limits<T>::epsilon();
    double decrease = 0, gradient_squared = 0, may_decrease = 0;
    for (std::int64_t i = 0; i < c.dense.m; ++i) {
      const auto row = static_cast<std::ptrdiff_t>(i * c.rank);
      const double lambda = how.lambda * (how.weighted ? c.weight(i) : 1);
      Numbers g(data.begin() + row, data.begin() + row + c.rank), d, u(c.u.begin() + row, c.u.begin() + row + c.rank);
      double magnitude = 0;  // of the terms that g is made of
      for (std::int64_t j = 0; j < c.dense.n; ++j) {
        Numbers v_j(v.begin() + j * c.rank, v.begin() + (j + 1) * c.rank);
        magnitude += c.dense.seen(i, j) * (std::abs(c.dense.at(i, j)) + norm(u) * norm(v_j)) * norm(v_j);
      }
      for (std::size_t k = 0; k < g.size(); ++k) {
        g[k] += lambda * u[k];
        d.push_back(u[k] - after[static_cast<std::size_t>(row) + k]);
      }
      const System system(c, v, i, lambda), copied(c, halves, i, lambda);
      Numbers moved = system.a;
      for (std::size_t n = 0; n < moved.size(); ++n) moved[n] = on_device ? moved[n] - copied.a[n] : 0;
      const double rounding = terms * (norm(system.a) * (norm(d) + norm(u)) + magnitude), other = norm(moved) * norm(d);

      Numbers left = system.times(d);  // g - A d
      for (std::size_t k = 0; k < g.size(); ++k) left[k] = g[k] - left[k];
      if (how.control.cg_steps == 0) {
        EXPECT_LE(norm(left), rounding + other) << "row " << i;
      } else {
        const Numbers expected = system.conjugate_gradients(g, how.control.cg_steps);
        EXPECT_NEAR(system.decrease(g, d), system.decrease(g, expected), (rounding + 4 * other) * norm(d))
            << "row " << i;
      }
      decrease += system.decrease(g, d);
      gradient_squared += dot(g, g);
      may_decrease += (rounding + other) * norm(d);
    }
    const double squares = oracle::sum_of_squares(r.value);
    EXPECT_NEAR(seen.squared_error, squares, terms * (squares + dot(c.dense.value, c.dense.value)));
    EXPECT_NEAR(seen.gradient_norm_squared, gradient_squared, 2 * terms * gradient_squared);
    EXPECT_NEAR(seen.decrease, decrease, may_decrease);
    EXPECT_GT(decrease, 0);
    for (std::size_t k = 0; k < static_cast<std::size_t>(c.rank); ++k)
      EXPECT_EQ(after[static_cast<std::size_t>(c.rank) + k], 0) << "the empty row";
  }
};

TYPED_TEST_SUITE(AlsHalf, Backends, BackendNames);

TYPED_TEST(AlsHalf, SolvesTheRowSystems) {
  // around 16, the edge of a tile; 64, of a super-row; 256, where the plain form begins
  for (const int rank : {1, 3, 8, 16, 31, 32, 48, 64, 65, 96, 100, 128, 150, 200, 256, 512}) {
    const Case c = ragged(rank);
    const bool weighted = rank % 3 == 0;
    for (const Gather gather : {Gather::half, Gather::full})
      for (const int cg_steps : {0, 3})
        this->template check<float>(
            c, {{gather, cg_steps}, weighted, 0.5, (gather == Gather::half) == (cg_steps == 0) ? 40 : 1000});
    this->template check<double>(c, {{Gather::full, rank % 2 == 0 ? 0 : 3}, !weighted});
  }
}

TYPED_TEST(AlsHalf, DoesNotMindTheUnits) {
  for (const int rank : {24, 70})
    for (const double scale : {1e4, 1e-6})
      for (const Gather gather : {Gather::half, Gather::full})
        for (const int cg_steps : {0, 3})
          this->template check<float>(in_units(ragged(rank), scale), {{gather, cg_steps}, true, 0.5 * scale * scale});
}

TYPED_TEST(AlsHalf, DoesNotMindNumbersOfAllSizesInOneFactor) {
  for (const int rank : {24, 70}) {
    Case c = ragged(rank);
    for (std::size_t k = 0; k < c.v.size(); ++k) c.v[k] = static_cast<float>(c.v[k] * std::pow(10, double(k % 13) - 8));
    for (std::size_t k = 0; k < c.u.size(); ++k) c.u[k] = static_cast<float>(c.u[k] * std::pow(10, double(k % 11) - 8));
    for (const Gather gather : {Gather::half, Gather::full}) this->template check<float>(c, {{gather, 0}, false, 0.5});
  }
}

TYPED_TEST(AlsHalf, ReadsNarrowAndWideEntries) {
  Case stars = ragged(20), many_columns = ragged(8, 65536);
  for (double& value : stars.dense.value) value = std::round(2 * value) / 2;  // 8-bit codes
  for (const Gather gather : {Gather::half, Gather::full}) {
    this->template check<float>(stars, {{gather, 0}});
    this->template check<float>(many_columns, {{gather, 0}});
  }
}

TYPED_TEST(AlsHalf, StaysFiniteWithoutRegularization) {
  for (const int rank : {1, 12, 64, 100})
    for (const Gather gather : {Gather::half, Gather::full})
      for (const int cg_steps : {0, 3}) {
        auto s = this->template on_backend<float>(ragged(rank));  // rows of fewer entries than the rank

        const HalfSweep seen = this->sweep(s, {{gather, cg_steps}, false, 0});

        for (const float x : s.at.row.values.download()) ASSERT_TRUE(std::isfinite(x)) << "rank " << rank;
        EXPECT_GT(seen.decrease, 0) << "rank " << rank;
      }
}

TYPED_TEST(AlsHalf, StaysWhereNothingIsLeftToDo) {
  for (const int rank : {5, 40, 100})
    for (const Gather gather : {Gather::half, Gather::full})
      for (const int cg_steps : {0, 3})
        for (const bool zero_v : {false, true}) {
          Case c = ragged(rank);
          c.u.assign(c.u.size(), 0);
          c.dense.value.assign(c.dense.value.size(), 0);
          if (zero_v) c.v.assign(c.v.size(), 0);
          auto s = this->template on_backend<float>(c);

          const HalfSweep seen = this->sweep(s, {{gather, cg_steps}, false, 0});

          EXPECT_EQ(s.at.row.values.download(), std::vector<float>(c.u.size(), 0.0F)) << "rank " << rank;
          EXPECT_EQ(seen.squared_error + seen.gradient_norm_squared + seen.decrease, 0) << "rank " << rank;
        }
}

// On the CPU, rows of many entries take their steps together, block by block of v: more blocks than one, and rows that reach
// across all of them.
TYPED_TEST(AlsHalf, TakesLongRowsInStep) {
  if (TypeParam::kPlansRows) GTEST_SKIP() << "a way of the CPU";
  for (const int rank : {33, 128, 144}) {
    Case c = make_case("rows of many entries", 9, 240'000 / rank, rank, 60, 5);
    this->template check<float>(c, {{Gather::full, 3}, true, 0.5, 1000});
    if (rank == 33) this->template check<double>(c, {{Gather::full, 3}});
  }
}

TYPED_TEST(AlsHalf, RepeatsItsBitsInOneGoOrSeveral) {
  for (const int rank : {40, 100})
    for (const Gather gather : {Gather::half, Gather::full}) {
      const Case c = ragged(rank);
      const auto bits = [&](std::size_t split_bytes) {
        auto s = this->template on_backend<float>(c);
        const HalfSweep seen = this->sweep(s, {{gather, 0, split_bytes}});
        return std::tuple(s.at.row.values.download(), seen.squared_error, seen.gradient_norm_squared, seen.decrease);
      };
      const auto whole = bits(std::size_t{1} << 30);

      EXPECT_EQ(bits(std::size_t{1} << 30), whole) << "rank " << rank;
      EXPECT_EQ(bits(0), whole) << "one part at a time, rank " << rank;
      EXPECT_EQ(bits(2 * 4 * static_cast<std::size_t>(rank * rank)), whole) << "some parts at a time, rank " << rank;
    }
}

}  // namespace
}  // namespace rankfill::testing
