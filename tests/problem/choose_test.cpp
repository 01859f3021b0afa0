// SPDX-License-Identifier: Apache-2.0
#include "problem/choose.hpp"

#include <gtest/gtest.h>

#include "rankfill/solve.hpp"

namespace rankfill {
namespace {

Options of_rank(int rank) {
  Options o;
  o.rank = rank;
  return o;
}

TEST(Choose, VpLbfgsWhereItsSystemsAreSmallBesideTheData) {
  const SolverChoice choice = choose_solver(of_rank(64), true, 480189, 17770, 100480507);
  EXPECT_EQ(solver_name(choice.solver), "vp-lbfgs");
  EXPECT_FALSE(choice.why.empty());
}

TEST(Choose, NesterovWhereTheyWouldBeLarge) {
  const SolverChoice choice = choose_solver(of_rank(512), true, 480189, 100000, 100480507);
  EXPECT_EQ(solver_name(choice.solver), "nesterov-als");
  EXPECT_NE(choice.why.find("row systems"), std::string::npos);
}

TEST(Choose, NoRowSystemsForDenseDataOfHighRankOnTheCpu) {
  EXPECT_EQ(solver_name(choose_solver(of_rank(256), true, 2000, 100, 50000).solver), "s-lbfgs");
  EXPECT_FALSE(choose_solver(of_rank(256), true, 2000, 100, 50000).why.empty());
  EXPECT_EQ(solver_name(choose_solver(of_rank(255), true, 2000, 100, 50000).solver), "vp-lbfgs");
  EXPECT_EQ(solver_name(choose_solver(of_rank(256), true, 2000, 100, 49999).solver), "vp-lbfgs");
  EXPECT_EQ(solver_name(choose_solver(of_rank(256), false, 2000, 100, 50000).solver), "nesterov-als");
}

TEST(Choose, NesterovOnTensorCores) {
  Options o = of_rank(64);
  EXPECT_EQ(solver_name(choose_solver(o, false, 900, 800, 90000).solver), "nesterov-als");
  o.precision = Precision::float64;
  EXPECT_EQ(solver_name(choose_solver(o, false, 900, 800, 90000).solver), "vp-lbfgs");
}

TEST(Choose, WhatIsAskedForIsLeftAlone) {
  Options o = of_rank(1024);
  o.solver = GradientDescentOptions{.momentum = 0.5};
  const SolverChoice choice = choose_solver(o, false, 1 << 30, 1 << 30, 100);
  EXPECT_EQ(std::get<GradientDescentOptions>(choice.solver).momentum, 0.5);
  EXPECT_TRUE(choice.why.empty());
}

TEST(Choose, DoubleForATightToleranceOnly) {
  Options o;
  EXPECT_EQ(choose_precision(o), Precision::float32);
  o.gradient_tolerance = 0;  // off
  EXPECT_EQ(choose_precision(o), Precision::float32);
  o.gradient_tolerance = 1e-7;
  EXPECT_EQ(choose_precision(o), Precision::float64);
  o.precision = Precision::float32;
  EXPECT_EQ(choose_precision(o), Precision::float32);
}

TEST(Choose, TheSummarySaysWhatAndWhy) {
  Entries e;
  e.num_rows = e.num_cols = 2;
  e.rows = {0, 0, 1};
  e.cols = {0, 1, 1};
  e.values = {1, 2, 4};
  Options o = of_rank(1);
  o.device.kind = Device::Kind::cpu;
  o.gradient_tolerance = 1e-9;
  const Summary s = solve(e, o).summary;
  EXPECT_EQ(s.solver_used, "vp-lbfgs");
  EXPECT_FALSE(s.solver_reason.empty());
  EXPECT_EQ(s.precision_used, "float64");
  EXPECT_EQ(s.termination, Termination::gradient_tolerance);
}

}  // namespace
}  // namespace rankfill
