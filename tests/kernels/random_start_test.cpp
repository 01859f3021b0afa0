// SPDX-License-Identifier: Apache-2.0
#include "kernels/random_start.hpp"

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class RandomStart : public KernelTest<B> {
 protected:
  template <class T>
  std::vector<T> start(std::uint64_t seed, std::uint32_t side, const std::vector<std::int64_t>& row_ptr, int rank,
                       double rms, const std::vector<std::int32_t>& order = {}) {
    const auto rows = static_cast<std::int64_t>(row_ptr.size()) - 1;
    const Buffer<std::int64_t, B> offsets(*this->backend, row_ptr, "offsets");
    const Buffer<std::int32_t, B> places(*this->backend, order, "order");
    Factor<T, B> x(*this->backend, rows, rank, "x");
    x.values.upload(std::vector<T>(static_cast<std::size_t>(rows * rank), std::numeric_limits<T>::quiet_NaN()));
    random_start(*this->backend, seed, side, offsets, places, rms, x);
    return x.values.download();
  }
};
TYPED_TEST_SUITE(RandomStart, Backends, BackendNames);

const std::vector<std::int64_t> kOffsets{0, 2, 2, 3, 7, 8};  // row 1 is empty

TYPED_TEST(RandomStart, EqualsTheHostsFormula) {
  constexpr std::uint64_t seed = (std::uint64_t{9} << 32) + 5;
  for (const int rank : {1, 2, 3, 8, 33}) {
    const auto want = random_start(seed, 1, kOffsets, rank, 0.75);
    double largest = 0;
    for (const double x : want) largest = std::max(largest, std::abs(x));
    // log, sqrt, cos and three products: a few units in the last place each
    expect_near(this->template start<double>(seed, 1, kOffsets, rank, 0.75), want, tolerance<double>(2, largest),
                "double");
    expect_near(this->template start<float>(seed, 1, kOffsets, rank, 0.75), want, tolerance<float>(2, largest),
                "float");
  }
}

TYPED_TEST(RandomStart, ARowStartsWhereItsIndexSays) {
  constexpr std::size_t rank = 5;
  const std::vector<std::int64_t> full{0, 1, 2, 3, 4};
  const std::vector<std::int32_t> order{2, 0, 3, 1};
  const auto plain = this->template start<float>(3, 0, full, rank, 1);

  const auto ordered = this->template start<float>(3, 0, full, rank, 1, order);

  for (std::size_t r = 0; r < order.size(); ++r)
    for (std::size_t k = 0; k < rank; ++k)
      EXPECT_EQ(ordered[r * rank + k], plain[static_cast<std::size_t>(order[r]) * rank + k]) << r << ", " << k;
}

}  // namespace
}  // namespace rankfill::testing
