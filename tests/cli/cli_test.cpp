// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/cli_fixture.hpp"
#include "rankfill/model.hpp"
#include "rankfill/version.hpp"

namespace rankfill::test {
namespace {

using nlohmann::json;

TEST_F(Cli, VersionAndHelpAreZero) {
  EXPECT_NE(folder.run({"--version"}).out.find(version()), std::string::npos);
  EXPECT_EQ(folder.run({"--version"}).code, 0);
  EXPECT_EQ(folder.run({"--help"}).code, 0);
  EXPECT_EQ(folder.run({"info"}).code, 0);
  for (const std::string command : {"fit", "tune", "predict", "evaluate", "recommend", "check-gradient", "info"}) {
    const Outcome outcome = folder.run({command, "--help"});
    EXPECT_EQ(outcome.code, 0) << command;
    EXPECT_NE(outcome.out.find("Examples:\n  rankfill " + command), std::string::npos) << command;
    EXPECT_EQ(outcome.err, "") << command;
  }
}

TEST_F(Cli, FitReportsAsJson) {
  const Outcome outcome = fit({"--test", folder / "test.csv", "--json", "--model", folder / "model.npz"});

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  for (const std::string key :
       {"test_rmse",   "train_rmse", "baseline_rmse", "objective",   "relative_gradient", "iterations",  "passes",
        "termination", "num_rows",   "num_cols",      "num_entries", "test_entries",      "test_unseen", "device",
        "formulation", "warnings",   "model",         "seconds",     "options",           "history"}) {
    EXPECT_TRUE(report.contains(key)) << key;
  }
  for (const std::string key : {"read", "prepare", "solve", "save", "total"}) {
    EXPECT_TRUE(report["seconds"][key].is_number()) << key;
  }
  for (const std::string key :
       {"iteration", "objective", "relative_gradient", "train_rmse", "holdout_rmse", "passes", "seconds"}) {
    EXPECT_TRUE(report["history"].at(0).contains(key)) << key;
  }
  EXPECT_EQ(report["num_rows"], 40);
  EXPECT_EQ(report["num_cols"], 30);
  EXPECT_EQ(report["num_entries"].get<int>() + report["test_entries"].get<int>(), 40 * 30);
  EXPECT_EQ(report["options"]["convention"], "plain");
  EXPECT_GT(report["options"]["regularization"].get<double>(), 0);
  EXPECT_LT(report["test_rmse"].get<double>(), report["baseline_rmse"].get<double>());
}

TEST_F(Cli, TheLastOfTwoCounts) {
  EXPECT_EQ(json::parse(fit({"--json", "--quiet", "--rank", "3", "--rank", "1"}).out)["options"]["rank"], 1);
}

TEST_F(Cli, NumbersThatAreNotThereAreNull) {
  const json report = json::parse(fit({"--json", "--quiet"}).out);

  EXPECT_TRUE(report["test_rmse"].is_null());
  EXPECT_TRUE(report.at("device_memory").is_null()) << "only a device's is planned";
  EXPECT_TRUE(report["model"].is_null());
  EXPECT_TRUE(report["history"][0]["holdout_rmse"].is_null());
}

TEST_F(Cli, CertificateSaysHowFarTheOptimumIs) {
  const Outcome outcome = fit({"--certificate", "--precision", "float64", "--json"});

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json certificate = json::parse(outcome.out).at("certificate");
  EXPECT_GE(certificate.at("objective").get<double>(), certificate.at("dual_objective").get<double>());
  EXPECT_GE(certificate.at("relative_gap").get<double>(), 0);
  EXPECT_EQ(certificate.at("rank"), 2);
  EXPECT_NE(outcome.err.find("optimum    " + certificate.at("message").get<std::string>()), std::string::npos);

  EXPECT_TRUE(json::parse(fit({"--json", "--quiet"}).out).at("certificate").is_null()) << "not asked for";
  const Outcome without_lambda = fit({"--certificate", "--regularization", "0"});
  EXPECT_EQ(without_lambda.code, fit({"--rank", "0"}).code);
  EXPECT_NE(without_lambda.err.find("--certificate"), std::string::npos) << without_lambda.err;
}

TEST_F(Cli, RankAutoGrowsTheRank) {
  const Outcome outcome = fit({"--rank", "auto", "--regularization", "2", "--max-iterations", "500", "--json",
                               "--model", folder / "model.npz"});

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_EQ(report["options"]["grow_rank"], true);
  EXPECT_EQ(report["options"]["rank"], load_model(folder / "model.npz").rank());
  EXPECT_LE(report["certificate"]["relative_gap"].get<double>(), 1e-3);
  EXPECT_EQ(json::parse(fit({"--rank", "auto", "--rank", "3", "--json", "--quiet"}).out)["options"]["rank"], 3);
}

TEST_F(Cli, RecoversAndSaysHowSureItIs) {
  std::string text;  // rank 1, half of 40 x 30
  for (int i = 0; i < 40; ++i)
    for (int j = i % 2; j < 30; j += 2 - (i + j) % 3 / 2)
      text += std::to_string(i) + "," + std::to_string(j) + "," + std::to_string((i + 1) * (j + 2)) + "\n";
  const std::string file = folder.write("exact.csv", text);
  for (const std::vector<std::string>& rank : {std::vector<std::string>{}, {"--rank", "1"}, {"--rank", "auto"}}) {
    std::vector<std::string> command{"fit", file, "--device", "cpu", "--recover", "--json", "--check-fraction", "0.05"};
    command.insert(command.end(), rank.begin(), rank.end());
    const Outcome outcome = folder.run(command);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const json report = json::parse(outcome.out), recovery = report.at("recovery");
    EXPECT_EQ(recovery.at("verdict"), "recovered") << outcome.err;
    EXPECT_EQ(recovery.at("rank"), 1);
    EXPECT_EQ(recovery.at("rank_estimated"), rank.empty() || rank[1] == "auto");
    EXPECT_GT(recovery.at("oversampling").get<double>(), 2);
    EXPECT_EQ(report.at("termination"), "fitted");
    EXPECT_EQ(report["options"]["center"], "none");
    EXPECT_NE(outcome.err.find("recovery   " + recovery.at("message").get<std::string>()), std::string::npos);
  }
  EXPECT_TRUE(json::parse(fit({"--json", "--quiet"}).out).at("recovery").is_null()) << "not asked for";
}

TEST_F(Cli, ATestFileDecidesNothing) {
  const std::vector<std::string> long_run{"--json", "--quiet", "--max-iterations", "40", "--gradient-tolerance", "0"};
  std::vector<std::string> with_test(long_run);
  with_test.insert(with_test.end(), {"--test", folder / "test.csv"});

  const json alone = json::parse(fit(long_run).out), tested = json::parse(fit(with_test).out);

  EXPECT_EQ(alone["iterations"], tested["iterations"]);
  EXPECT_EQ(alone["objective"], tested["objective"]);
  EXPECT_EQ(alone["train_rmse"], tested["train_rmse"]);
}

TEST_F(Cli, AHoldoutKeepsTheBestPoint) {
  const Outcome outcome = folder.run({"fit", folder / "train.csv", "--device", "cpu", "--rank", "8", "--holdout", "0.2",
                                      "--json", "--quiet", "--regularization", "0.001"});

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  for (const json& row : report["history"]) {
    EXPECT_LE(report["test_rmse"].get<double>(),
              row["holdout_rmse"].get<double>() * (1 + 1e-5));  // float32 in the table
  }
}

TEST_F(Cli, AHoldoutByTimeTakesTheLatest) {
  const Outcome outcome = fit({"--holdout-time", "0.25", "--json", "--quiet"});

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_NEAR(report["test_entries"].get<double>(), report["num_entries"].get<double>() / 3, 2);
  EXPECT_GT(report["test_unseen"].get<int>(), 0);  // times grow with the row
}

TEST_F(Cli, FitSaysWhichLambdaItMeans) {
  EXPECT_NE(fit({"--regularization", "12"}).out.find("plain lambda = 12"), std::string::npos);
  EXPECT_NE(fit({"--regularization", "0.12", "--weighting", "count"}).out.find("weighted lambda = 0.12 * n_i^1"),
            std::string::npos);
  EXPECT_NE(fit({"--regularization", "0.12", "--weighting", "0.5"}).out.find("weighted lambda = 0.12 * n_i^0.5"),
            std::string::npos);
}

TEST_F(Cli, FitSaysHowItWarmsUp) {
  const Outcome warm = fit({"--solver", "gd", "--warm-up", "3", "--warm-up-factor", "2.5", "--regularization", "1"});
  EXPECT_NE(warm.out.find("  problem    gd after 3 sweeps of ALS at 2.5 lambda, rank 2, "), std::string::npos)
      << warm.out;
  EXPECT_NE(fit({"--warm-up", "1", "--regularization", "1"}).out.find(" after 1 sweep of ALS at "), std::string::npos);
  EXPECT_EQ(fit({}).out.find(" of ALS at "), std::string::npos);
}

TEST_F(Cli, FitSaysThatItStartsFromASketch) {
  const Outcome sketch = fit({"--solver", "als", "--init", "sketch"});
  EXPECT_NE(sketch.out.find("  problem    als from a sketch, rank 2, "), std::string::npos) << sketch.out;
  EXPECT_EQ(fit({}).out.find("sketch"), std::string::npos);
}

TEST_F(Cli, QuietIsSilentAndPipesGetPlainLines) {
  const Outcome quiet = fit({"--quiet"}), loud = fit({});

  EXPECT_EQ(quiet.out + quiet.err, "");
  EXPECT_EQ(loud.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(loud.out.find('\r'), std::string::npos);
  EXPECT_EQ(loud.err, "");
}

TEST_F(Cli, PipesGetFewLinesOfManyIterations) {
  const Outcome outcome = fit({"--solver", "gd", "--max-iterations", "3000", "--gradient-tolerance", "0"});

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_LT(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 60);
}

TEST_F(Cli, PredictKeepsOrderAndIds) {
  const Model model = load_model(folder.fitted_model());
  const Outcome outcome =
      folder.run({"predict", folder / "model.npz", "-"}, "139;529;ignored\n100;500\n7;500\n139;529\n");

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::istringstream lines(outcome.out);
  const std::vector<std::pair<std::int64_t, std::int64_t>> expected{{39, 29}, {0, 0}, {-1, 0}, {39, 29}};
  for (const auto& [row, col] : expected) {
    std::string row_name, col_name;
    double value = 0;
    ASSERT_TRUE(lines >> row_name >> col_name >> value);
    EXPECT_EQ(row_name, row < 0 ? "7" : std::to_string(row + 100));
    EXPECT_EQ(col_name, std::to_string(col + 500));
    EXPECT_NEAR(value, model.predict(row, col), 1e-6 * std::abs(value));  // seven digits are printed
  }
  EXPECT_NE(outcome.err.find("1 with an id that training never saw"), std::string::npos);
}

TEST_F(Cli, PredictSkipsHeaderAndReadsEveryDelimiter) {
  folder.fitted_model();
  for (const std::string delimiter : {",", "\t", ";", "::", " "}) {
    const std::string pairs = "user" + delimiter + "item\n100" + delimiter + "500\n# note\n\n101" + delimiter + "501\n";
    const Outcome outcome = folder.run({"predict", folder / "model.npz", "-", "--quiet"}, pairs);
    EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2) << delimiter;
    EXPECT_TRUE(outcome.out.starts_with("100\t500\t")) << outcome.out;
  }
}

TEST_F(Cli, PredictWritesAFile) {
  folder.fitted_model();
  const Outcome outcome = folder.run({"predict", folder / "model.npz", "-", "-o", folder / "p.tsv"}, "100 500\n");

  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(contents(folder / "p.tsv").starts_with("100\t500\t"));
}

TEST_F(Cli, EvaluateAgreesWithFit) {
  const json fitted = json::parse(fit({"--test", folder / "test.csv", "--json", "-q", "-o", folder / "model.npz"}).out);
  const Outcome outcome = folder.run({"evaluate", folder / "model.npz", folder / "test.csv", "--json"});

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json evaluated = json::parse(outcome.out);
  EXPECT_DOUBLE_EQ(evaluated["rmse"].get<double>(), fitted["test_rmse"].get<double>());
  EXPECT_EQ(evaluated["num_entries"], fitted["test_entries"]);
}

TEST_F(Cli, EveryCommandPrintsOneJsonObject) {
  const std::string model = folder.fitted_model(), train = folder / "train.csv";
  const std::vector<std::vector<std::string>> commands{{"fit", train, "--device", "cpu", "--rank", "2"},
                                                       {"predict", model, train},
                                                       {"evaluate", model, train},
                                                       {"recommend", model, "--first", "2"},
                                                       {"check-gradient", train, "--device", "cpu", "--rank", "2"},
                                                       {"info"},
                                                       {"info", model},
                                                       {"info", train}};
  for (std::vector<std::string> command : commands) {
    command.insert(command.end(), {"--json", "--quiet"});
    const Outcome outcome = folder.run(command);
    EXPECT_EQ(outcome.code, 0) << command[0] << outcome.err;
    EXPECT_EQ(outcome.err, "") << command[0];
    EXPECT_TRUE(json::parse(outcome.out).is_object()) << command[0];
  }
}

TEST_F(Cli, TheSecondsAddUp) {
  const json seconds =
      json::parse(fit({"--json", "--quiet", "--rank", "128", "--model", folder / "model.npz"}).out)["seconds"];

  double sum = 0;
  for (const std::string stage : {"read", "prepare", "solve", "save"}) sum += seconds[stage].get<double>();
  EXPECT_LE(sum, seconds["total"].get<double>());
  EXPECT_GE(sum, 0.5 * seconds["total"].get<double>());
}

TEST_F(Cli, ARowIsTimedWhereItsIterationBegins) {
  // An iteration of this rank takes far longer than what comes before the first.
  const json history = json::parse(fit({"--json", "--quiet", "--rank", "256", "--max-iterations", "2"}).out)["history"];

  ASSERT_EQ(history.size(), 3u);
  EXPECT_LT(history[0]["seconds"].get<double>(), 0.25 * history[1]["seconds"].get<double>());
  EXPECT_LT(history[1]["seconds"].get<double>(), history[2]["seconds"].get<double>());
}

TEST_F(Cli, ATerminalShowsReadingAndIterationsAsTheyGo) {
  const std::string shown = on_terminal({RANKFILL_CLI_PATH, "fit", folder / "train.csv", "--device", "cpu", "--solver",
                                         "gd", "--max-iterations", "3000", "--gradient-tolerance", "0"});

  EXPECT_TRUE(holds(shown, "\r\x1b[Kreading ")) << shown.substr(0, 500);
  EXPECT_TRUE(holds(shown, "% of ")) << shown.substr(0, 500);
  EXPECT_TRUE(holds(shown, "preparing ...")) << shown.substr(0, 500);
  EXPECT_TRUE(holds(shown, "\x1b[1miteration")) << shown.substr(0, 500);
  for (std::size_t at = 0; (at = shown.find("\r\x1b[K", at)) != std::string::npos; at += 4)
    EXPECT_LT(shown.find_first_of("\r\n", at + 1) - at, 4 + 100u);  // a live line never wraps
  EXPECT_FALSE(
      holds(on_terminal({RANKFILL_CLI_PATH, "fit", folder / "train.csv", "--quiet", "--device", "cpu"}), "\r"));
}

TEST_F(Cli, PredictFindsItsColumnsByTheHeader) {
  folder.fitted_model();
  const std::string plain = folder.run({"predict", folder / "model.npz", "-", "-q"}, "100,500\n101,501\n").out;
  const std::string named =
      folder.run({"predict", folder / "model.npz", "-", "-q"}, "rating,movieId,userId\n3,500,100\n4,501,101\n").out;

  EXPECT_TRUE(plain.starts_with("100\t500\t"));
  EXPECT_EQ(named, plain);
}

TEST_F(Cli, RecommendTakesIdsWithCommasAndTheFirstRows) {
  folder.write("names.csv", "\"Smith, Anna\",1,3\n\"Smith, Anna\",2,4\n-5,1,4\nSmith,2,1\n");
  ASSERT_EQ(
      folder.run({"fit", folder / "names.csv", "--device", "cpu", "--rank", "1", "-q", "-o", folder / "n.npz"}).code,
      0);
  const auto rows_of = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"recommend", folder / "n.npz", "--count", "1"});
    const Outcome outcome = folder.run(flags);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    std::istringstream lines(outcome.out);
    std::vector<std::string> rows;
    for (std::string line; std::getline(lines, line);) rows.push_back(line.substr(0, line.find('\t')));
    return rows;
  };
  using Rows = std::vector<std::string>;
  EXPECT_EQ(rows_of({"--rows", "Smith, Anna"}), (Rows{"Smith, Anna"}));
  EXPECT_EQ(rows_of({"--rows", "Smith,-5"}), (Rows{"Smith", "-5"}));
  EXPECT_EQ(rows_of({"--rows=-5", "--rows", "Smith"}), (Rows{"-5", "Smith"}));
  EXPECT_EQ(rows_of({"--first", "2"}), (Rows{"-5", "Smith"}));
  EXPECT_EQ(rows_of({"--first", "99"}).size(), 3u);
  EXPECT_EQ(rows_of({"--all"}).size(), 3u);
}

TEST_F(Cli, RecommendLeavesOutTrainingColumns) {
  folder.fitted_model();
  const std::string model = folder / "model.npz";
  const Outcome some =
      folder.run({"recommend", model, "--rows", "100,101", "--count", "3", "--exclude", folder / "train.csv"});
  const Outcome all = folder.run({"recommend", model, "--all", "--json"});

  ASSERT_EQ(some.code, 0) << some.err;
  EXPECT_EQ(std::count(some.out.begin(), some.out.end(), '\n'), 6);
  const std::string train = contents(folder / "train.csv");
  std::istringstream lines(some.out);
  for (std::string row, place, col, value; lines >> row >> place >> col >> value;) {
    EXPECT_EQ(("\n" + train).find("\n" + row + "," + col + ","), std::string::npos) << row << " " << col;
  }
  const json parsed = json::parse(all.out)["rows"];
  EXPECT_EQ(parsed.size(), 40u);
  EXPECT_EQ(parsed[7]["recommendations"].size(), 10u);
}

TEST_F(Cli, CheckGradientPasses) {
  const Outcome outcome = folder.run({"check-gradient", folder / "train.csv", "--device", "cpu", "--rank", "3"});

  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("entries"), std::string::npos);
  EXPECT_NE(outcome.out.find("projection"), std::string::npos);
}

TEST_F(Cli, InfoTellsModelsFromData) {
  const Outcome model = folder.run({"info", folder.fitted_model()}), data = folder.run({"info", folder / "train.csv"});

  EXPECT_NE(model.out.find("model, 40 x 30, rank 2, float32"), std::string::npos) << model.out;
  EXPECT_NE(data.out.find("40 x 30, 720 entries (60%)"), std::string::npos) << data.out;
}

}  // namespace
}  // namespace rankfill::test
