// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/cli_fixture.hpp"
#include "rankfill/model.hpp"

namespace rankfill::test {
namespace {

using nlohmann::json;

TEST_F(Cli, CtrlCKeepsTheModel) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const Process process = folder.start({"fit",
                                          folder / "train.csv",
                                          "--holdout",
                                          "0.2",
                                          "--patience",
                                          "2000000000",
                                          "--device",
                                          "cpu",
                                          "--solver",
                                          "gd",
                                          "--rank",
                                          "4",
                                          "--max-iterations",
                                          "2000000000",
                                          "--gradient-tolerance",
                                          "0",
                                          "--regularization",
                                          "1e-9",
                                          "--model",
                                          folder / "model.npz",
                                          "--plot",
                                          folder / "plot.svg",
                                          "--verbose"});
    ASSERT_TRUE(process.wait_for_output("\n        3 "));
    process.send(signal);
    const Outcome outcome = process.wait();

    EXPECT_EQ(outcome.code, 130) << outcome.err;
    EXPECT_TRUE(holds(outcome.out, "Interrupted"));
    EXPECT_TRUE(holds(contents(folder / "plot.svg"), "</svg>"));
    EXPECT_EQ(load_model(folder / "model.npz").rank(), 4);
    // The best so far: what the report says of it is true of the file.
    const json again =
        json::parse(folder.run({"evaluate", folder / "model.npz", folder / "train.csv", "--json", "-q"}).out);
    EXPECT_LT(again["rmse"].get<double>(), again["baseline_rmse"].get<double>());
    std::filesystem::remove(folder / "model.npz");
    std::filesystem::remove(folder / "plot.svg");
  }
}

TEST_F(Cli, CtrlCWhileAPipeIsSilentEndsTheReading) {
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int writer = open(pipe.c_str(), O_RDWR);  // holds it open and says nothing
  const Process process = folder.start({"fit", pipe, "--device", "cpu", "--model", folder / "model.npz"});
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  process.send(SIGINT);
  const Outcome outcome = process.wait();
  close(writer);

  EXPECT_NE(outcome.code, 0);
  EXPECT_TRUE(outcome.code == 130 || outcome.code == -SIGINT) << outcome.code;  // the latter: before it was ready
  EXPECT_FALSE(std::filesystem::exists(folder / "model.npz"));
}

TEST_F(Cli, AReaderThatLeavesDoesNotEndTheFit) {
  const std::string script =
      folder.write("head.sh", std::string(RANKFILL_CLI_PATH) + " fit " + (folder / "train.csv") +
                                  " --device cpu --model " + (folder / "model.npz") + " | head -n 1\n");
  const Outcome outcome = Process({"sh", script}, folder.path()).wait();

  EXPECT_TRUE(holds(outcome.out, "40 x 30")) << outcome.err;
  EXPECT_EQ(load_model(folder / "model.npz").rank(), 32);
}

}  // namespace
}  // namespace rankfill::test
