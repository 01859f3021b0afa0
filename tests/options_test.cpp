// SPDX-License-Identifier: Apache-2.0
#include "rankfill/options.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "rankfill/error.hpp"

namespace rankfill {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A change to valid options, and the field that it breaks; an empty field: still valid.
struct Change {
  std::string field;
  void (*apply)(Options&);
};

TEST(Options, DefaultsAreValid) { EXPECT_TRUE(validate(Options{}).empty()); }

TEST(Options, EveryRuleHoldsUpToItsBound) {
  const std::vector<Change> changes{
      {"", [](Options& o) { o.rank = 1; }},
      {"", [](Options& o) { o.rank = 1024; }},
      {"rank", [](Options& o) { o.rank = 0; }},
      {"rank", [](Options& o) { o.rank = 1025; }},
      {"", [](Options& o) { o.regularization = 0; }},
      {"", [](Options& o) { o.regularization = -1; }},
      {"regularization", [](Options& o) { o.regularization = kNan; }},
      {"regularization", [](Options& o) { o.regularization = kInfinity; }},
      {"", [](Options& o) { o.weighting = 0; }},
      {"", [](Options& o) { o.weighting = 1; }},
      {"", [](Options& o) { o.certificate = true; }},
      {"certificate", [](Options& o) { o.certificate = true, o.regularization = 0; }},
      {"", [](Options& o) { o.grow_rank = true; }},
      {"grow_rank", [](Options& o) { o.grow_rank = true, o.regularization = 0; }},
      {"weighting", [](Options& o) { o.weighting = -0.01; }},
      {"weighting", [](Options& o) { o.weighting = 1.01; }},
      {"weighting", [](Options& o) { o.weighting = kNan; }},
      {"", [](Options& o) { o.bias_damping = 0; }},
      {"bias_damping", [](Options& o) { o.bias_damping = -1; }},
      {"bias_damping", [](Options& o) { o.bias_damping = kInfinity; }},
      {"", [](Options& o) { o.solver = GradientDescentOptions{.momentum = 0.999}; }},
      {"momentum", [](Options& o) { o.solver = GradientDescentOptions{.momentum = 1}; }},
      {"momentum", [](Options& o) { o.solver = GradientDescentOptions{.momentum = -0.1}; }},
      {"momentum", [](Options& o) { o.solver = GradientDescentOptions{.momentum = kNan}; }},
      {"", [](Options& o) { o.solver = AlsOptions{.cg_steps = -1}; }},
      {"", [](Options& o) { o.solver = AlsOptions{.cg_steps = 1024}; }},
      {"cg_steps", [](Options& o) { o.solver = AlsOptions{.cg_steps = -2}; }},
      {"cg_steps", [](Options& o) { o.solver = AlsOptions{.cg_steps = 1025}; }},
      {"", [](Options& o) { o.solver = VpLbfgsOptions{.memory = 0, .start_sweeps = 0}; }},
      {"memory", [](Options& o) { o.solver = VpLbfgsOptions{.memory = -1}; }},
      {"start_sweeps", [](Options& o) { o.solver = VpLbfgsOptions{.start_sweeps = -1}; }},
      {"cg_steps", [](Options& o) { o.solver = NesterovAlsOptions{.cg_steps = -2}; }},
      {"memory", [](Options& o) { o.solver = AndersonAlsOptions{.memory = 101}; }},
      {"", [](Options& o) { o.solver = SLbfgsOptions{.memory = 0}; }},
      {"memory", [](Options& o) { o.solver = SLbfgsOptions{.memory = -1}; }},
      {"", [](Options& o) { o.solver = CcdOptions{.inner_steps = 100}; }},
      {"inner_steps", [](Options& o) { o.solver = CcdOptions{.inner_steps = 0}; }},
      {"inner_steps", [](Options& o) { o.solver = CcdOptions{.inner_steps = 101}; }},
      {"", [](Options& o) { o.warm_up = {.sweeps = 3, .factor = 1}; }},
      {"warm_up", [](Options& o) { o.warm_up.sweeps = -1; }},
      {"warm_up_factor", [](Options& o) { o.warm_up.factor = 0.5; }},
      {"warm_up_factor", [](Options& o) { o.warm_up.factor = std::numeric_limits<double>::infinity(); }},
      {"warm_up_cg_steps", [](Options& o) { o.warm_up.cg_steps = -2; }},
      {"warm_up",
       [](Options& o) {
         o.warm_up.sweeps = 1;
         o.regularization = 0;
       }},
      {"warm_up",
       [](Options& o) {
         o.warm_up.sweeps = 1;
         o.recover.emplace();
       }},
      {"", [](Options& o) { o.solver = SgdOptions{.epochs = 1000, .step_size = 1e-300}; }},
      {"epochs", [](Options& o) { o.solver = SgdOptions{.epochs = 0}; }},
      {"epochs", [](Options& o) { o.solver = SgdOptions{.epochs = 1001}; }},
      {"step_size", [](Options& o) { o.solver = SgdOptions{.step_size = 0}; }},
      {"step_size", [](Options& o) { o.solver = SgdOptions{.step_size = std::numeric_limits<double>::infinity()}; }},
      {"", [](Options& o) { o.threads = 0; }},
      {"threads", [](Options& o) { o.threads = -1; }},
      {"", [](Options& o) { o.max_iterations = 0; }},
      {"max_iterations", [](Options& o) { o.max_iterations = -1; }},
      {"", [](Options& o) { o.gradient_tolerance = 0; }},
      {"gradient_tolerance", [](Options& o) { o.gradient_tolerance = -1e-9; }},
      {"gradient_tolerance", [](Options& o) { o.gradient_tolerance = kNan; }},
      {"", [](Options& o) { o.holdout_tolerance = 0; }},
      {"holdout_tolerance", [](Options& o) { o.holdout_tolerance = -1e-9; }},
      {"holdout_tolerance", [](Options& o) { o.holdout_tolerance = kNan; }},
      {"", [](Options& o) { o.patience = 1; }},
      {"patience", [](Options& o) { o.patience = 0; }}};
  for (std::size_t c = 0; c < changes.size(); ++c) {
    Options options;
    changes[c].apply(options);

    const auto messages = validate(options);

    if (changes[c].field.empty()) {
      EXPECT_TRUE(messages.empty()) << "change " << c << ": " << messages.front();
    } else {
      ASSERT_EQ(messages.size(), 1U) << "change " << c << " of " << changes[c].field;
      EXPECT_EQ(messages[0].rfind(changes[c].field + " = ", 0), 0U) << messages[0];
    }
  }
}

TEST(Options, TellsOfEveryViolatedRuleAtOnce) {
  Options options;
  options.rank = 0;
  options.patience = 0;
  options.weighting = 2;
  EXPECT_EQ(validate(options).size(), 3U);
}

TEST(Options, NamesGoThereAndBack) {
  for (const auto f : {Formulation::automatic, Formulation::entries, Formulation::scatter, Formulation::projection,
                       Formulation::block, Formulation::dense})
    EXPECT_EQ(parse_formulation(to_string(f)), f);
  for (const auto c : {Center::none, Center::mean, Center::bias}) EXPECT_EQ(parse_center(to_string(c)), c);
  for (const auto p : {Precision::float32, Precision::float64, Precision::mixed})
    EXPECT_EQ(parse_precision(to_string(p)), p);
  for (const char* name :
       {"auto", "als", "gd", "vp-lbfgs", "nesterov-als", "anderson-als", "s-lbfgs", "scaled-asd", "cg", "ccd", "sgd"})
    EXPECT_EQ(solver_name(parse_solver(name)), name);
  for (const char* name : {"auto", "cpu", "cuda", "cuda:1"}) {
    const std::string back = to_string(parse_device(name));
    EXPECT_EQ(to_string(parse_device(back)), back);
  }
  EXPECT_EQ(parse_device("cuda:3").index, 3);
  EXPECT_EQ(parse_device("cpu").kind, Device::Kind::cpu);
}

TEST(Options, RefusesNamesItDoesNotKnow) {
  for (const char* name : {"", "ALS", "als ", "adam", "none?"}) {
    EXPECT_THROW(parse_formulation(name), InvalidOption) << name;
    EXPECT_THROW(parse_center(name), InvalidOption) << name;
    EXPECT_THROW(parse_precision(name), InvalidOption) << name;
    EXPECT_THROW(parse_solver(name), InvalidOption) << name;
    EXPECT_THROW(parse_weighting(name), InvalidOption) << name;
    EXPECT_THROW(parse_device(name), InvalidOption) << name;
  }
  for (const char* name : {"cuda:", "cuda:-1", "cuda:x", "cuda:1x", "cuda:99999999999"})
    EXPECT_THROW(parse_device(name), InvalidOption) << name;
}

TEST(Options, WeightingIsAWordOrANumber) {
  EXPECT_EQ(parse_weighting("plain"), 0);
  EXPECT_EQ(parse_weighting("count"), 1);
  EXPECT_EQ(parse_weighting("0.5"), 0.5);
  for (const char* text : {"-0.1", "1.1", "0.5x", "nan", "inf"})
    EXPECT_THROW(parse_weighting(text), InvalidOption) << text;
}

TEST(Options, ErrorNamesFieldValueAndRule) {
  try {
    parse_center("median");
    FAIL() << "median is no way of centring";
  } catch (const InvalidOption& error) {
    EXPECT_EQ(error.field, "center");
    EXPECT_EQ(error.value, "median");
    EXPECT_NE(std::string(error.what()).find("none, mean or bias"), std::string::npos);
  }
}

}  // namespace
}  // namespace rankfill
