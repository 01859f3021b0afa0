// SPDX-License-Identifier: Apache-2.0
// Every row of docs/errors.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli/run_cli.hpp"
#include "data/npz.hpp"
#include "rankfill/device.hpp"

namespace rankfill::test {
namespace {

using Arguments = std::vector<std::string>;

class CliErrors : public testing::Test {
 protected:
  /// The command fails with `code` and one line that holds `message`, and prints no result.
  void expect_error(int code, const std::string& message, const Arguments& arguments,
                    const std::string& input = "") const {
    const Outcome outcome = folder.run(arguments, input);
    std::string command;
    for (const std::string& argument : arguments) command += argument + " ";
    EXPECT_EQ(outcome.code, code) << command << "\n" << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with("rankfill: error: ")) << command << "\n" << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << command << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(message), std::string::npos) << command << "\n" << outcome.err;
  }

  void expect_fit_error(int code, const std::string& message, Arguments flags) const {
    flags.insert(flags.begin(), {"fit", folder / "train.csv"});
    expect_error(code, message, flags);
  }

  void expect_file_error(int code, const std::string& message, const std::string& text, Arguments flags = {}) const {
    flags.insert(flags.begin(), {"fit", folder.write("bad.csv", text), "--device", "cpu", "--quiet"});
    expect_error(code, message, flags);
  }

  CliFolder folder;
};

TEST_F(CliErrors, UsageIsTwo) {
  expect_error(2, "subcommand is required", {});
  expect_error(2, "no command \"frobnicate\"", {"frobnicate"});
  expect_error(2, "FILE is required", {"fit"});
  expect_fit_error(2, "--bogus", {"--bogus"});
  expect_fit_error(2, "--rank = abc", {"--rank", "abc"});
  expect_fit_error(2, "--test excludes --holdout", {"--test", "x", "--holdout", "0.1"});
  expect_error(2, "--rows: give one of", {"recommend", folder.fitted_model()});
  expect_error(2, "--rows: give one of", {"recommend", folder / "model.npz", "--all", "--rows", "100"});
  expect_error(2, "--rows: give one of", {"recommend", folder / "model.npz", "--all", "--first", "3"});
  expect_error(2, "--first -1", {"recommend", folder / "model.npz", "--first", "-1"});
  expect_error(2, "--count 0", {"recommend", folder / "model.npz", "--all", "--count", "0"});
}

TEST_F(CliErrors, WhatCannotBeConvertedIsNot) {
  const std::string in = folder / "train.csv";
  expect_error(2, "OUT is required", {"convert", in});
  expect_error(2, "OUT x.xls: its name must end in .rfe, .csv, .tsv, .txt or .npz", {"convert", in, "x.xls"});
  expect_error(2, "is an input file, and would be overwritten", {"convert", in, in});
  expect_error(5, "No such file or directory", {"convert", folder / "none.csv", folder / "x.rfe"});
  expect_error(5, "No such file or directory", {"convert", in, folder / "none/x.rfe"});
  expect_error(3, "ids are names, for which .npz has no place", {"convert", in, folder / "x.npz"});
  expect_error(3, "the id \"a,b\" would not be read back from text with blanks",
               {"convert", folder.write("named.tsv", "a,b\tc\t1\n"), folder / "x.txt"});
  const std::string cut = folder.write("cut.rfe", std::string("\x89RFE\r\n\x1a\n\1\0\0\0", 12));
  expect_error(3, "cut.rfe: ends within the header of 128 bytes, after 12", {"fit", cut});
  folder.run({"convert", in, folder / "good.rfe"});
  std::string damaged = contents(folder / "good.rfe");
  damaged[1000] ^= 1;
  expect_error(3, "do not have the checksum that was written with them",
               {"info", folder.write("damaged.rfe", damaged)});
  EXPECT_FALSE(std::filesystem::exists(folder / "x.rfe"));
  EXPECT_FALSE(std::filesystem::exists(folder / "x.npz"));
}

TEST_F(CliErrors, WhatDoesNotGoWithRecoveryIsTwo) {
  expect_fit_error(2, "--regularization 1: must be automatic", {"--recover", "--regularization", "1"});
  expect_fit_error(2, "--weighting 1: must be 0", {"--recover", "--weighting", "count"});
  expect_fit_error(2, "--precision float32", {"--recover", "--precision", "float32"});
  expect_fit_error(2, "--patience 3: means nothing", {"--recover", "--patience", "3"});
  expect_fit_error(2, "--check-fraction 0.1: belongs to --recover", {"--check-fraction", "0.1"});
  expect_fit_error(2, "--recover-tolerance 0", {"--recover", "--recover-tolerance", "0"});
  expect_error(2, "--recover", {"tune", folder / "train.csv", "--recover"});
}

TEST_F(CliErrors, InvalidOptionsAreTwo) {
  const std::vector<Arguments> wrong{{"--rank", "0"},
                                     {"--rank", "1025"},
                                     {"--rank", "-3"},
                                     {"--regularization", "-1"},
                                     {"--regularization", "nan"},
                                     {"--regularization", "inf"},
                                     {"--regularization", "x"},
                                     {"--weighting", "2"},
                                     {"--weighting", "-0.1"},
                                     {"--weighting", "wrong"},
                                     {"--center", "median"},
                                     {"--bias-damping", "-1"},
                                     {"--solver", "adam"},
                                     {"--formulation", "fast"},
                                     {"--precision", "float16"},
                                     {"--momentum", "0.5"},
                                     {"--momentum", "1", "--solver", "gd"},
                                     {"--inner-steps", "2"},
                                     {"--cg-steps", "2", "--solver", "gd"},
                                     {"--cg-steps", "-2", "--solver", "als"},
                                     {"--init", "zeros"},
                                     {"--warm-up", "2", "--warm-up-factor", "0.5"},
                                     {"--warm-up-cg-steps", "2"},
                                     {"--warm-up", "2", "--warm-up-cg-steps", "2000"},
                                     {"--warm-up", "2", "--regularization", "0"},
                                     {"--inner-steps", "0", "--solver", "ccd"},
                                     {"--max-iterations", "-1"},
                                     {"--gradient-tolerance", "-1"},
                                     {"--gradient-tolerance", "nan"},
                                     {"--holdout-tolerance", "-1"},
                                     {"--patience", "0"},
                                     {"--threads", "-1"},
                                     {"--threads", "1025"},
                                     {"--seed", "-1"},
                                     {"--seed", "18446744073709551616"},
                                     {"--seed", "x"},
                                     {"--device", "gpu"},
                                     {"--device", "cuda:x"},
                                     {"--device", "cuda:-1"},
                                     {"--holdout", "0"},
                                     {"--holdout", "1"},
                                     {"--holdout", "nan"},
                                     {"--holdout-time", "1.5"},
                                     {"--format", "xls"},
                                     {"--delimiter", "x"},
                                     {"--duplicates", "sum"},
                                     {"--columns", "1,2"},
                                     {"--columns", "0,1,2"},
                                     {"--columns", "1,1,2"},
                                     {"--columns", "1,2,3,4,5"},
                                     {"--columns", "a"},
                                     {"--quiet", "--verbose"},
                                     {"--header", "--no-header"}};
  for (const Arguments& flags : wrong) expect_fit_error(2, flags.front(), flags);
}

TEST_F(CliErrors, OutputOverInputIsTwo) {
  expect_fit_error(2, "would be overwritten", {"--model", folder / "train.csv"});
  expect_fit_error(2, "would be overwritten", {"--plot", folder / "train.csv"});
  expect_fit_error(2, "the model's file", {"--model", folder / "same", "--plot", folder / "same"});
}

TEST_F(CliErrors, BlockOnScatteredEntriesIsTwo) {
  expect_fit_error(2, "do not fill a block", {"--formulation", "block", "--device", "cpu", "--quiet"});
}

TEST_F(CliErrors, MissingFilesAndDirectoriesAreFive) {
  const std::string model = folder.fitted_model(), missing = folder / "missing", directory = folder.path().string();
  for (const std::string& file : {missing, directory}) {
    const std::string why = file == missing ? "No such file or directory" : "Is a directory";
    expect_error(5, why, {"fit", file});
    expect_fit_error(5, why, {"--test", file});
    expect_error(5, why, {"evaluate", model, file});
    expect_error(5, why, {"evaluate", file, folder / "test.csv"});
    expect_error(5, why, {"predict", model, file});
    expect_error(5, why, {"predict", file, folder / "test.csv"});
    expect_error(5, why, {"recommend", file, "--all"});
    expect_error(5, why, {"recommend", model, "--all", "--exclude", file});
    expect_error(5, why, {"check-gradient", file});
    expect_error(5, why, {"info", file});
  }
}

TEST_F(CliErrors, UnwritableOutputsAreFiveBeforeTheFit) {
  for (const std::string flag : {"--model", "--plot"}) {
    expect_fit_error(5, "No such file or directory", {flag, folder / "no/such/file"});
    expect_fit_error(5, "Is a directory", {flag, folder.path().string()});
    const Outcome outcome = folder.run({"fit", folder / "train.csv", flag, folder / "no/such/file"});
    EXPECT_EQ(outcome.out, "") << "the data was read first";
  }
  expect_error(5, "cannot open for writing",
               {"predict", folder.fitted_model(), folder / "test.csv", "--output", folder / "no/such/file"});
}

TEST_F(CliErrors, ReadOnlyFoldersAreFive) {
  using std::filesystem::perms;
  std::filesystem::create_directory(folder / "locked");
  std::filesystem::permissions(folder / "locked", perms::owner_read | perms::owner_exec | perms::others_exec);
  const std::vector<std::string> fit{RANKFILL_CLI_PATH, "fit", folder / "train.csv", "--model",
                                     folder / "locked/model.npz"};
  std::vector<std::string> command;
  if (geteuid() == 0) {  // who may write anywhere: somebody else has to try
    std::filesystem::permissions(folder.path(), perms::others_read | perms::others_exec,
                                 std::filesystem::perm_options::add);
    command = {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"};
    std::vector<std::string> version(command);
    version.insert(version.end(), {RANKFILL_CLI_PATH, "--version"});
    if (Process(version, folder.path()).wait().code != 0) GTEST_SKIP() << "only root can run " << RANKFILL_CLI_PATH;
  }
  command.insert(command.end(), fit.begin(), fit.end());

  const Outcome outcome = Process(command, folder.path()).wait();

  EXPECT_EQ(outcome.code, 5);
  EXPECT_NE(outcome.err.find("locked/model.npz: cannot open for writing: Permission denied"), std::string::npos)
      << outcome.err;
}

TEST_F(CliErrors, FullDisksAreFive) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const std::string model = folder.fitted_model();
  expect_fit_error(5, "No space left on device", {"--plot", "/dev/full", "--quiet", "--device", "cpu"});
  expect_error(5, "No space left on device", {"predict", model, folder / "test.csv", "--output", "/dev/full"});
  const std::vector<Arguments> printing{{"predict", model, folder / "test.csv"},
                                        {"recommend", model, "--all"},
                                        {"evaluate", model, folder / "test.csv"},
                                        {"info", model},
                                        {"fit", folder / "train.csv", "--json", "--quiet", "--device", "cpu"},
                                        {"fit", folder / "train.csv", "--device", "cpu"}};
  for (const Arguments& arguments : printing) {
    const Outcome outcome = folder.run(arguments, "", "/dev/full");
    EXPECT_EQ(outcome.code, 5) << arguments.front();
    EXPECT_NE(outcome.err.find("No space left on device"), std::string::npos) << outcome.err;
  }
}

TEST_F(CliErrors, AModelThatCannotBeSavedIsSavedElsewhere) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const std::string temporary = folder / "temporary";
  std::filesystem::create_directory(temporary);
  const char* old = getenv("TMPDIR");
  const std::string kept = old == nullptr ? "" : old;
  setenv("TMPDIR", temporary.c_str(), 1);
  const Outcome outcome = folder.run({"fit", folder / "train.csv", "--model", "/dev/full", "--plot",
                                      folder / "plot.svg", "--json", "--quiet", "--device", "cpu", "--rank", "2"});
  old == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", kept.c_str(), 1);

  EXPECT_EQ(outcome.code, 5);
  EXPECT_TRUE(
      holds(outcome.err, "/dev/full: cannot write: No space left on device: the model was saved as " + temporary))
      << outcome.err;
  const auto report = nlohmann::json::parse(outcome.out);  // the results are told all the same
  EXPECT_GT(report["train_rmse"].get<double>(), 0);
  EXPECT_EQ(load_model(report["model"].get<std::string>()).rank(), 2);
  EXPECT_TRUE(holds(contents(folder / "plot.svg"), "</svg>"));
}

TEST_F(CliErrors, AFullDiskUnderTheTableDoesNotEndTheFit) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const Outcome outcome =
      folder.run({"fit", folder / "train.csv", "--model", folder / "model.npz", "--device", "cpu"}, "", "/dev/full");

  EXPECT_EQ(outcome.code, 5);
  EXPECT_TRUE(holds(outcome.err, "standard output: cannot write: No space left on device")) << outcome.err;
  EXPECT_EQ(load_model(folder / "model.npz").rank(), 32);
}

TEST_F(CliErrors, UnusableDataIsThree) {
  expect_file_error(3, "no entries", "");
  expect_file_error(3, "no entries", "# only\n\n% comments\n");
  expect_file_error(3, "bad.csv", std::string("\x00\x01\xff\xfe rubbish\x00\n", 14));
  expect_file_error(3, "bad.csv", "this is no table\n");
  expect_file_error(3, "bad.csv:1", "1,2\n3,4\n");
  expect_file_error(3, "bad.csv:2", "1,2,3\n1,3\n");
  expect_file_error(3, "bad.csv:3", "1,2,3\n1,3,4\n1,4,5,6,7\n");
  for (const std::string value : {"nan", "NaN", "inf", "-inf", "four", "", "1e999"}) {
    expect_file_error(3, "bad.csv:2", "1,2,3\n1,3," + value + "\n");
  }
}

TEST_F(CliErrors, FilesThatNeedConvertingAreThreeAndSayHow) {
  expect_file_error(3, "bad.csv:2: the value \"3,5\" is not a finite number: write the decimals after a point",
                    "user;item;rating\n1;2;3,5\n");
  expect_file_error(3, "save it as UTF-8", std::string("\xff\xfeu\0,\0i\0,\0r\0\n\0", 14));
  expect_file_error(3, "carriage returns alone", "1,2,3\r1,3,4\r");
}

TEST_F(CliErrors, IndicesOutsideTheMatrixAreThree) {
  const std::string head = "%%MatrixMarket matrix coordinate real general\n2 3 1\n";
  for (const std::string index : {"-1", "0", "3", "2147483648", "99999999999999999999"})
    expect_file_error(3, "bad.csv:3: row \"" + index + "\": a whole number from 1 to 2 is needed",
                      head + index + " 1 5\n");
  std::vector<data::NamedArray> arrays{{"format", data::Array::scalar("coo")}};
  const std::vector<std::int64_t> shape{2, 3}, row{-1}, col{0};
  const std::vector<double> values{5};
  arrays.emplace_back("shape", data::Array::of(std::span<const std::int64_t>(shape)));
  arrays.emplace_back("row", data::Array::of(std::span<const std::int64_t>(row)));
  arrays.emplace_back("col", data::Array::of(std::span<const std::int64_t>(col)));
  arrays.emplace_back("data", data::Array::of(std::span<const double>(values)));
  data::write_npz(folder / "bad.npz", arrays);
  expect_error(3, "bad.npz: array \"row\" holds the index -1, outside 0..1", {"fit", folder / "bad.npz"});
}

/// What may look like a mistake and is none.
TEST_F(CliErrors, ThinDataIsNoError) {
  const auto fitted = [&](const std::string& text, Arguments flags = {}) {
    flags.insert(flags.begin(), {"fit", folder.write("thin", text), "--device", "cpu", "--rank", "2", "--json"});
    const Outcome outcome = folder.run(flags);
    EXPECT_EQ(outcome.code, 0) << text << outcome.err;
    return nlohmann::json::parse(outcome.out);
  };
  EXPECT_EQ(fitted("1 2 3\n1 3 4\n1 4 4\n")["num_rows"], 1);
  EXPECT_EQ(fitted("1 2 3\n2 2 4\n3 2 4\n")["num_cols"], 1);
  EXPECT_EQ(fitted("1 2 3\n")["train_rmse"], 0);
  EXPECT_EQ(fitted("user,item,rating\n1,2,3\n", {"--rank", "1024"})["num_entries"], 1);

  const std::string holes = "%%MatrixMarket matrix coordinate real general\n4 3 5\n1 1 2\n2 1 1\n1 2 1\n2 2 4\n4 1 3\n";
  EXPECT_TRUE(fitted(holes)["warnings"].empty());
  const auto plain = fitted(holes, {"--regularization", "0", "--model", folder / "holes.npz"});
  EXPECT_TRUE(holds(plain["warnings"].at(0).get<std::string>(), "lambda = 0 and 1 rows, 1 columns have no entries"));
  const Model model = load_model(folder / "holes.npz");
  EXPECT_EQ(model.num_rows(), 4);
  EXPECT_EQ(model.predict(2, 0), model.mean);  // row 3 has no entries
  EXPECT_EQ(model.predict(0, 2), model.mean);
}

TEST_F(CliErrors, IdsUnseenInTrainingAreNoError) {
  const std::string test = folder.write("unseen.csv", "7777,500,9\n100,8888,9\n7777,8888,9\n100,500,3\n");
  const Outcome outcome = folder.run({"fit", folder / "train.csv", "--test", test, "--device", "cpu", "--rank", "2",
                                      "--json", "--quiet", "--model", folder / "model.npz"});

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report["test_entries"], 4);
  EXPECT_EQ(report["test_unseen"], 3);
  const Model model = load_model(folder / "model.npz");
  const double off = 9 - model.mean, known = 3 - model.predict(0, 0);
  EXPECT_NEAR(report["test_rmse"].get<double>(), std::sqrt((3 * off * off + known * known) / 4), 1e-12 * off);
}

TEST_F(CliErrors, DuplicatesAreThreeUnlessAllowed) {
  const std::string twice = "1,2,3\n1,3,4\n2,2,5\n1,2,4\n";
  expect_file_error(3, "bad.csv:4: row 1, column 2 is given more than once, first at line 1", twice);
  for (const std::string rule : {"last", "mean"}) {
    const Outcome outcome =
        folder.run({"fit", folder / "bad.csv", "--duplicates", rule, "--device", "cpu", "--rank", "1"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
  }
}

TEST_F(CliErrors, DamagedContainersAreThree) {
  for (const std::string& start : {std::string("\x1f\x8b\x08\x00 cut", 8), std::string("\x28\xb5\x2f\xfd cut", 8),
                                   std::string("PK\x03\x04 cut", 8), std::string("\x93NUMPY\x01\x00 cut", 12)}) {
    expect_file_error(3, "bad.csv", start);
  }
}

TEST_F(CliErrors, EmptySplitsAreThree) {
  expect_file_error(3, "both parts need at least one", "1,1,1\n1,2,2\n", {"--holdout", "1e-12"});
  expect_file_error(3, "both parts need at least one", "1,1,1\n1,2,2\n", {"--holdout", "0.999999999999"});
  expect_file_error(3, "time", "1,1,1\n1,2,2\n", {"--holdout-time", "0.5"});
}

TEST_F(CliErrors, WhatIsNoModelIsThree) {
  const std::string model = folder.fitted_model(), whole = contents(model);
  const std::string cut = folder.write("cut.npz", whole.substr(0, whole.size() / 2));
  std::string flipped = whole;
  flipped[whole.size() / 3] = static_cast<char>(flipped[whole.size() / 3] ^ 1);
  folder.write("flipped.npz", flipped);
  data::write_npz(folder / "foreign.npz", std::vector<data::NamedArray>{{"user_factors", data::Array::scalar(1.0)}});
  for (const std::string name : {"cut.npz", "flipped.npz", "foreign.npz", "train.csv"}) {
    expect_error(3, name, {"evaluate", folder / name, folder / "test.csv"});
    expect_error(3, name, {"predict", folder / name, folder / "test.csv"});
    expect_error(3, name, {"recommend", folder / name, "--all"});
  }
  expect_error(3, "cut.npz", {"info", cut});
}

TEST_F(CliErrors, BadPairsAndRowsAreThree) {
  const std::string model = folder.fitted_model();
  expect_error(3, "no pairs", {"predict", model, "-"});
  expect_error(3, "/dev/stdin:1", {"predict", model, "-"}, "100\n");
  expect_error(3, "/dev/stdin:3", {"predict", model, "-"}, "100 500\n\n101\n");
  expect_error(3, "no row \"42\"", {"recommend", model, "--rows", "100,42"});
}

TEST_F(CliErrors, AFailedPredictionLeavesTheOldFile) {
  const std::string model = folder.fitted_model(), output = folder.write("predictions.tsv", "old");

  expect_error(3, "/dev/stdin:2", {"predict", model, "-", "--output", output}, "100 500\n101\n");

  EXPECT_EQ(contents(output), "old");
}

TEST_F(CliErrors, NoDeviceIsFour) {
  const auto devices = cuda_devices();
  const std::string absent = "cuda:" + std::to_string(devices.size() + 7);
  expect_fit_error(4, "device " + absent, {"--device", absent});
  expect_error(4, "device " + absent, {"check-gradient", folder / "train.csv", "--device", absent});
  if (devices.empty()) expect_fit_error(4, "device cuda:0", {"--device", "cuda"});
}

}  // namespace
}  // namespace rankfill::test
