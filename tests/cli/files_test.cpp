// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cli/cli_fixture.hpp"
#include "rankfill/model.hpp"

namespace rankfill::test {
namespace {

using nlohmann::json;

TEST_F(Cli, NumpyOpensTheModel) {
  const std::string script =
      "import sys, numpy as np\n"
      "m = np.load(sys.argv[1], allow_pickle=False)\n"
      "assert str(m['format']) == 'rankfill-model 1'\n"
      "p = m['mean'] + m['row_factors'][3] @ m['col_factors'][4]\n"
      "print(int(m['row_ids'][3]), int(m['col_ids'][4]), repr(float(p)), m['row_factors'].dtype)\n";
  const std::string file = folder.write("open.py", script), python = python_with("numpy");
  if (python.empty()) GTEST_SKIP() << "no python with numpy";
  const Model model = load_model(folder.fitted_model());

  const Outcome outcome = Process({python, file, folder / "model.npz"}, folder.path()).wait();

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::istringstream words(outcome.out);
  std::string row, col, dtype;
  double value = 0;
  words >> row >> col >> value >> dtype;
  EXPECT_EQ(row, "103");
  EXPECT_EQ(col, "504");
  EXPECT_EQ(dtype, "float32");
  EXPECT_NEAR(value, model.predict(3, 4),
              4 * std::numeric_limits<float>::epsilon() * std::abs(value));  // 2 products in float32
}

TEST_F(Cli, ReadsWhatScipyAndNumpyWrite) {
  const std::string script =
      "import numpy as np, scipy.io, scipy.sparse as sp\n"
      "a = np.round(np.outer(np.arange(1, 8), np.arange(1, 6)) / 7.0, 3)\n"
      "a[a > 3] = 0\n"
      "s = sp.csr_matrix(a)\n"
      "for kind in ['csr', 'csc', 'coo']:\n"
      "    sp.save_npz(kind + '.npz', s.asformat(kind))\n"
      "sp.save_npz('plain.npz', s, compressed=False)\n"
      "s.indices, s.indptr = s.indices.astype(np.int64), s.indptr.astype(np.int64)\n"
      "sp.save_npz('wide.npz', s)\n"
      "scipy.io.mmwrite('s.mtx', s)\n"
      "a[a == 0] = np.nan\n"
      "np.save('c.npy', a)\n"
      "np.save('f.npy', np.asfortranarray(a))\n"
      "np.save('big.npy', a.astype('>f8'))\n"
      "print((~np.isnan(a)).sum(), repr(float(np.nanmean(a))))\n";
  const std::string python = python_with("scipy.sparse");
  if (python.empty()) GTEST_SKIP() << "no python with scipy";
  const Outcome written =
      Process({"sh", "-c", "cd '" + folder.path().string() + "' && " + python + " -c \"$0\"", script}, folder.path())
          .wait();
  ASSERT_EQ(written.code, 0) << written.err;
  std::istringstream expected(written.out);
  int count = 0;
  double mean = 0;
  expected >> count >> mean;
  for (const std::string name :
       {"csr.npz", "csc.npz", "coo.npz", "plain.npz", "wide.npz", "s.mtx", "c.npy", "f.npy", "big.npy"}) {
    const Outcome outcome = folder.run({"info", folder / name, "--json", "-q"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const json report = json::parse(outcome.out);
    EXPECT_EQ(report["num_rows"], 7) << name;
    EXPECT_EQ(report["num_cols"], 5) << name;
    EXPECT_EQ(report["num_entries"], count) << name;
    // Two orders of summing `count` numbers of one sign.
    EXPECT_NEAR(report["values"]["mean"].get<double>(), mean, count * std::numeric_limits<double>::epsilon() * mean)
        << name;
  }
}

TEST_F(Cli, ThePlotIsWellFormed) {
  std::filesystem::copy(folder / "train.csv", folder / "a <b> & \xff.csv");
  const Outcome outcome = folder.run({"fit", folder / "a <b> & \xff.csv", "--holdout", "0.2", "--device", "cpu",
                                      "--plot", folder / "plot.svg", "--quiet"});

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const std::string svg = contents(folder / "plot.svg");
  EXPECT_TRUE(svg.starts_with("<svg xmlns="));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_NE(svg.find("held-out"), std::string::npos);
  EXPECT_NE(svg.find("best "), std::string::npos);
  const std::string check = folder.write("parse.py", "import sys, xml.dom.minidom as d\nd.parse(sys.argv[1])\n");
  const Outcome parsed = Process({"python3", check, folder / "plot.svg"}, folder.path()).wait();
  EXPECT_TRUE(parsed.code == 0 || parsed.code == 127) << parsed.err;  // 127: no python
}

TEST_F(Cli, ConvertedDataFitsToTheSameBits) {
  const auto factors = [&](const std::string& file) {
    const Outcome outcome = folder.run({"fit", file, "--device", "cpu", "--rank", "2", "--seed", "3", "--json", "-q"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out)["history"].back()["objective"].get<double>();
  };
  const double expected = factors(folder / "train.csv");
  for (const std::string name : {"train.rfe", "train.tsv", "train.txt"}) {
    const Outcome outcome = folder.run({"convert", folder / "train.csv", folder / name, "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const json report = json::parse(outcome.out);
    EXPECT_EQ(report["num_entries"], 720);
    EXPECT_EQ(report["bytes"], std::filesystem::file_size(folder / name));
    EXPECT_EQ(factors(folder / name), expected) << name;
  }
  const json told = json::parse(folder.run({"info", folder / "train.rfe", "--json", "-q"}).out);
  EXPECT_EQ(told["row_ids"], json::parse(folder.run({"info", folder / "train.csv", "--json", "-q"}).out)["row_ids"]);
  EXPECT_EQ(told["times"], true);
  // With a model of the text, the binary file is test data with the same ids.
  const std::string model = folder.fitted_model();
  ASSERT_EQ(folder.run({"convert", folder / "test.csv", folder / "test.rfe", "-q"}).code, 0);
  EXPECT_EQ(json::parse(folder.run({"evaluate", model, folder / "test.rfe", "--json"}).out)["rmse"],
            json::parse(folder.run({"evaluate", model, folder / "test.csv", "--json"}).out)["rmse"]);
  // Back to text, from standard input: the lines that were read.
  ASSERT_EQ(folder.run({"convert", "-", folder / "again.csv", "-q"}, contents(folder / "train.rfe")).code, 0);
  EXPECT_EQ(contents(folder / "again.csv"), "row,col,value,time\n" + contents(folder / "train.csv"));
}

TEST_F(Cli, ReadsStandardInput) {
  const Outcome outcome =
      folder.run({"fit", "-", "--device", "cpu", "--rank", "2", "--json", "--quiet"}, contents(folder / "train.csv"));

  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(json::parse(outcome.out)["num_entries"], 720);
}

}  // namespace
}  // namespace rankfill::test
