// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/run_cli.hpp"
#include "rankfill/model.hpp"

namespace rankfill::test {
namespace {

using nlohmann::json;
using Arguments = std::vector<std::string>;

class CliTune : public testing::Test {
 protected:
  Outcome tune(Arguments flags) const {
    flags.insert(flags.begin(), {"tune", folder / "train.csv", "--device", "cpu", "--threads", "1", "--rank", "3"});
    return folder.run(flags);
  }

  static bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

  void expect_usage_error(const std::string& message, const Arguments& flags) const {
    const Outcome outcome = tune(flags);
    EXPECT_EQ(outcome.code, 2) << message << "\n" << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with("rankfill: error: ")) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_TRUE(contains(outcome.err, message)) << message << "\n" << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }

  CliFolder folder;
};

TEST_F(CliTune, ReportsAsJson) {
  const Outcome outcome =
      tune({"--ranks", "2,4", "--folds", "3", "--test", folder / "test.csv", "--json", "--quiet", "--model",
            folder / "model.npz", "--table", folder / "grid.tsv", "--plot", folder / "grid.svg"});

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const json report = json::parse(outcome.out);
  for (const std::string key : {"best", "test_rmse", "baseline_rmse", "train_rmse", "termination", "at_border",
                                "held_out", "held_out_entries", "parts", "num_rows", "num_cols", "num_entries",
                                "points", "fit", "options", "by_hand", "seconds", "warnings", "device"})
    EXPECT_TRUE(report.contains(key)) << key;
  std::set<std::pair<int, std::string>> paths;
  for (const json& point : report["points"]) {
    paths.emplace(point["rank"].get<int>(), point["convention"].get<std::string>());
    EXPECT_GE(point["rmse"].get<double>(), report["best"]["rmse"].get<double>());
    EXPECT_TRUE(point["standard_error"].is_number());
  }
  EXPECT_EQ(paths,
            (std::set<std::pair<int, std::string>>{{2, "plain"}, {2, "weighted"}, {4, "plain"}, {4, "weighted"}}));
  EXPECT_EQ(report["held_out_entries"], report["num_entries"]);
  EXPECT_EQ(report["options"]["regularization"], report["best"]["regularization"]);
  EXPECT_LT(report["test_rmse"].get<double>(), 0.5 * report["baseline_rmse"].get<double>());

  EXPECT_EQ(load_model(folder / "model.npz").rank(), report["best"]["rank"]);
  const json evaluated =
      json::parse(folder.run({"evaluate", folder / "model.npz", folder / "test.csv", "--json", "-q"}).out);
  EXPECT_DOUBLE_EQ(evaluated["rmse"].get<double>(), report["test_rmse"].get<double>());

  const std::string table = contents(folder / "grid.tsv");
  EXPECT_TRUE(table.starts_with("weighting\trank\tregularization\trmse\t")) << table;
  EXPECT_EQ(static_cast<std::size_t>(std::count(table.begin(), table.end(), '\n')), report["points"].size() + 1);
  std::size_t best = 0;
  for (std::size_t at = 0; (at = table.find("\t1\n", at)) != table.npos; ++at) ++best;
  EXPECT_EQ(best, 1u) << table;

  const std::string plot = contents(folder / "grid.svg");
  EXPECT_TRUE(plot.starts_with("<svg ") && plot.ends_with("</svg>\n"));
  EXPECT_TRUE(contains(plot, "plain lambda") && contains(plot, "weighted lambda") &&
              contains(plot, "lambda (log scale)"));
  EXPECT_FALSE(contains(plot, "nan") || contains(plot, "inf"));
}

TEST_F(CliTune, TellsPointsAndWinnerAndHowToRepeatIt) {
  const Outcome outcome = tune({"--lambdas", "0.1,0.3", "--weightings", "count", "--refine", "0", "--extend", "0"});

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_TRUE(contains(outcome.out, "1/2  RMSE")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "2/2  RMSE")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "rank 3, weighted lambda = 0.1 * n_i^1")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "lambda * n_i^1")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "10% at random")) << outcome.out;
  EXPECT_TRUE(contains(outcome.out, "--rank 3 --weighting count --regularization 0.1\n")) << outcome.out;
  const std::size_t mark = outcome.out.find("*\n");
  EXPECT_NE(mark, std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("*\n", mark + 1), std::string::npos) << outcome.out;
}

TEST_F(CliTune, ATestFileDecidesNothing) {
  const Arguments flags{"--json", "--quiet", "--weightings", "plain"};
  Arguments tested(flags);
  tested.insert(tested.end(), {"--test", folder / "test.csv"});
  json alone = json::parse(tune(flags).out), with = json::parse(tune(tested).out);

  EXPECT_TRUE(alone["test_rmse"].is_null());
  for (json* report : {&alone, &with})
    for (json& point : (*report)["points"]) point.erase("seconds");
  EXPECT_EQ(alone["points"], with["points"]);
  EXPECT_EQ(alone["train_rmse"], with["train_rmse"]);
}

TEST_F(CliTune, HoldsOutWhatItIsTold) {
  const auto held_out = [&](Arguments flags) {
    flags.insert(flags.end(), {"--json", "--quiet", "--lambdas", "1", "--weightings", "plain", "--extend", "0"});
    const Outcome outcome = tune(flags);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out)["held_out_entries"].get<int>();
  };
  EXPECT_EQ(held_out({"--validation", folder / "test.csv"}), 480);
  EXPECT_EQ(held_out({"--holdout-time", "0.25"}), 180);
  EXPECT_EQ(held_out({"--folds", "2"}), 720);
  EXPECT_NEAR(held_out({"--holdout", "0.5"}), 360, 5 * std::sqrt(720 * 0.25));
}

TEST_F(CliTune, CtrlCKeepsTheBestSoFar) {
  // One point is soon done; the next one is not.
  const Process process = folder.start({"tune",
                                        folder / "train.csv",
                                        "--device",
                                        "cpu",
                                        "--threads",
                                        "1",
                                        "--rank",
                                        "3",
                                        "--weightings",
                                        "plain",
                                        "--lambdas",
                                        "1,1e-9",
                                        "--holdout-tolerance",
                                        "0",
                                        "--gradient-tolerance",
                                        "1e-3",
                                        "--solver",
                                        "gd",
                                        "--max-iterations",
                                        "2000000000",
                                        "--model",
                                        folder / "model.npz",
                                        "--table",
                                        folder / "grid.tsv",
                                        "--plot",
                                        folder / "grid.svg"});
  ASSERT_TRUE(process.wait_for_output("  1/"));
  process.send(SIGINT);
  const Outcome outcome = process.wait();

  EXPECT_EQ(outcome.code, 130) << outcome.err;
  EXPECT_TRUE(contains(outcome.out, "Interrupted")) << outcome.out;
  EXPECT_EQ(load_model(folder / "model.npz").rank(), 3);
  const std::string table = contents(folder / "grid.tsv");
  EXPECT_GE(std::count(table.begin(), table.end(), '\n'), 2);
  EXPECT_TRUE(contains(contents(folder / "grid.svg"), "</svg>"));
}

TEST_F(CliTune, RubbishIsTwo) {
  expect_usage_error("--ranks 2,x: must be ranks", {"--ranks", "2,x"});
  expect_usage_error("--ranks 0: must be ranks", {"--ranks", "0"});
  expect_usage_error("--ranks 2,: must be ranks", {"--ranks", "2,"});
  expect_usage_error("--rank auto: a search takes", {"--rank", "auto"});
  expect_usage_error("--lambdas -1: must be auto, or numbers", {"--lambdas=-1"});
  expect_usage_error("--lambdas 1,,2: must be auto, or numbers", {"--lambdas", "1,,2"});
  expect_usage_error("--lambdas nan: must be auto, or numbers", {"--lambdas", "nan"});
  expect_usage_error("--weightings plain,2: must be plain, count", {"--weightings", "plain,2"});
  expect_usage_error("--folds 1: must be >= 2", {"--folds", "1"});
  expect_usage_error("--folds = x", {"--folds", "x"});
  expect_usage_error("--refine -1: must be >= 0", {"--refine=-1"});
  expect_usage_error("--extend -1: must be >= 0", {"--extend=-1"});
  expect_usage_error("--holdout 1: must be between 0 and 1", {"--holdout", "1"});
  expect_usage_error("--holdout-time 0: must be between 0 and 1", {"--holdout-time", "0"});
  expect_usage_error("excludes", {"--folds", "3", "--holdout", "0.1"});
  expect_usage_error("excludes", {"--validation", folder / "test.csv", "--holdout", "0.1"});
  expect_usage_error("--regularization", {"--regularization", "1"});
  expect_usage_error("--weighting", {"--weighting", "count"});
  expect_usage_error("--patience 0", {"--patience", "0"});
  expect_usage_error("would be overwritten", {"--table", folder / "train.csv"});
  expect_usage_error("is the model's file", {"--model", folder / "same", "--table", folder / "same"});
  const Outcome missing = tune({"--validation", folder / "missing"});
  EXPECT_EQ(missing.code, 5) << missing.err;
  const Outcome no_times = folder.run(
      {"tune", folder.write("bare.csv", "1,1,1\n1,2,2\n2,1,3\n"), "--device", "cpu", "--holdout-time", "0.5"});
  EXPECT_EQ(no_times.code, 3) << no_times.err;
}

}  // namespace
}  // namespace rankfill::test
