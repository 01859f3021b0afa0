// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/support/kernel_case.hpp"

namespace rankfill::testing {
namespace {

template <class B>
class Staging : public KernelTest<B> {};

TYPED_TEST_SUITE(Staging, Backends, BackendNames);

TYPED_TEST(Staging, BringsEveryByteThoughTheHostMovesOn) {
  constexpr auto piece = static_cast<std::int64_t>(CudaStaging::kPieceBytes / sizeof(std::int32_t));
  for (const std::int64_t size : {std::int64_t{1}, piece - 1, piece, piece + 1, 5 * piece + 3}) {
    Buffer<std::int32_t, TypeParam> first(*this->backend, size, "first"), second(*this->backend, size, "second");
    std::vector<std::int32_t> host(static_cast<std::size_t>(size));
    const auto fill = [&](std::int32_t from) {
      for (auto& value : host) value = from++;
      return host;
    };

    const auto a = fill(7);
    this->backend->upload_staged(first.data(), host.data(), first.bytes());
    const auto b = fill(-5000);
    this->backend->upload_staged(second.data(), host.data(), second.bytes());
    fill(0);

    EXPECT_EQ(first.download(), a) << size;
    EXPECT_EQ(second.download(), b) << size;
  }
}

TYPED_TEST(Staging, OfNothingDoesNothing) { EXPECT_NO_THROW(this->backend->upload_staged(nullptr, nullptr, 0)); }

}  // namespace
}  // namespace rankfill::testing
