// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "backend/cuda.hpp"
#include "kernels/detail/launch.cuh"
#include "rankfill/error.hpp"
#include "tests/support/simt/control.hpp"

namespace rankfill {
namespace {

__global__ void add(int* x, const int* term) { *x += *term; }

struct Repeat : testing::Test {
  int value() const { return x.download()[0]; }
  /// Two launches; the second reads what the first leaves in the workspace.
  void enqueue(std::size_t workspace_bytes = 64) {
    auto* const scratch = static_cast<int*>(backend.workspace(workspace_bytes, "scratch"));
    backend.fill_zero(scratch, sizeof(int));
    launch(backend, {dim3(1), dim3(1)}, add, scratch, one.data());
    launch(backend, {dim3(1), dim3(1)}, add, x.data(), scratch);
  }
  void repeat() {
    backend.repeat(recording, {x.data()}, [&] { enqueue(); });
  }

  simt::Scope scope;
  CudaBackend backend{0};
  Buffer<int, CudaBackend> x{backend, std::vector<int>{0}, "x"}, one{backend, std::vector<int>{1}, "one"};
  CudaRecording recording;
};

TEST_F(Repeat, RunsThenRecordsThenReplays) {
  repeat();
  EXPECT_EQ(value(), 1);
  EXPECT_EQ(simt::num_launches(), 2);
  EXPECT_EQ(simt::num_captures(), 0);

  for (int call = 2; call < 6; ++call) {
    repeat();
    EXPECT_EQ(value(), call);
  }
  EXPECT_EQ(simt::num_launches(), 2) << "only the first call's";
  EXPECT_EQ(simt::num_captures(), 1);
  EXPECT_EQ(simt::num_graph_launches(), 4);
  EXPECT_EQ(recording.refusal(), "");
}

TEST_F(Repeat, RecordsAgainWhenTheWorkspaceMoves) {
  for (int call = 0; call < 3; ++call) repeat();
  backend.workspace(1 << 20, "somebody else's scratch");

  for (int call = 0; call < 3; ++call) repeat();

  EXPECT_EQ(value(), 6);
  EXPECT_EQ(simt::num_captures(), 2);
  EXPECT_EQ(simt::num_graph_launches(), 5);
}

TEST_F(Repeat, OtherOperandsAreAnotherWork) {
  Buffer<int, CudaBackend> y(backend, std::vector<int>{100}, "y");
  for (int call = 0; call < 3; ++call) repeat();

  for (int call = 0; call < 3; ++call)
    backend.repeat(recording, {y.data()}, [&] { launch(backend, {dim3(1), dim3(1)}, add, y.data(), one.data()); });

  EXPECT_EQ(value(), 3);
  EXPECT_EQ(y.download()[0], 103);
  EXPECT_EQ(simt::num_captures(), 2);
}

TEST_F(Repeat, RunsCallByCallWhatCannotBeRecorded) {
  std::vector<int> seen;
  for (int call = 0; call < 4; ++call)
    backend.repeat(recording, {}, [&] {
      enqueue();
      seen.push_back(value());  // waits
    });

  EXPECT_EQ(value(), 4);
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_NE(recording.refusal().find("cudaErrorStreamCaptureUnsupported"), std::string::npos) << recording.refusal();
  EXPECT_EQ(simt::num_captures(), 0);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
}

TEST_F(Repeat, AWorkspaceThatGrowsInsideIsNoHarm) {
  for (std::size_t call = 1; call < 5; ++call) backend.repeat(recording, {}, [&] { enqueue(64 * call); });

  EXPECT_EQ(value(), 4);
  EXPECT_NE(recording.refusal(), "");
}

TEST_F(Repeat, ErrorsOfTheWorkItselfArrive) {
  const auto fails = [&] { launch(backend, {dim3(1), dim3(2048)}, add, x.data(), one.data()); };

  EXPECT_THROW(backend.repeat(recording, {}, fails), DeviceError);
  repeat();
  EXPECT_EQ(value(), 1);
}

TEST_F(Repeat, LeavesNothingBehind) {
  const std::size_t live = simt::live_handles();
  {
    CudaRecording other;
    for (int call = 0; call < 3; ++call) backend.repeat(other, {}, [&] { enqueue(); });
    EXPECT_EQ(simt::live_handles(), live + 1);
  }
  EXPECT_EQ(simt::live_handles(), live);
}

}  // namespace
}  // namespace rankfill
