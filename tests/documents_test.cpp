// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

// What the documents and the sources say of each other.

namespace rankfill {
namespace {

namespace fs = std::filesystem;

const fs::path root = RANKFILL_ROOT;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Files below `folder` with one of the extensions.
std::vector<fs::path> files(const char* folder, const std::set<std::string>& extensions) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder))
    if (entry.is_regular_file() && extensions.count(entry.path().extension().string()) > 0)
      found.push_back(entry.path());
  return found;
}

std::vector<std::smatch> matches(const std::string& text, const std::regex& pattern) {
  return {std::sregex_iterator(text.begin(), text.end(), pattern), std::sregex_iterator()};
}

/// The numbers in "Eq. 3", "Eq. 12-13", "Eq. 3, 6-10", ranges by their ends.
std::vector<int> equations_cited(const std::string& text) {
  static const std::regex citation(R"(Eq\. ?(\d+(?:(?:-|–|, ?)\d+)*))"), number(R"(\d+)");
  std::vector<int> cited;
  for (const std::smatch& list : matches(text, citation)) {
    const std::string numbers = list[1];
    for (const std::smatch& one : matches(numbers, number)) cited.push_back(std::stoi(one.str()));
  }
  return cited;
}

int number_of_equations() {
  static const std::string text = text_of(root / "docs/math.md");
  return static_cast<int>(matches(text, std::regex(R"(\*\*Eq\. \d+)")).size());
}

TEST(Documents, EquationsHaveTheNumbersFromOneOn) {
  const std::string text = text_of(root / "docs/math.md");

  std::vector<int> numbers;  // not in order: new equations get new numbers, and stand where they belong
  for (const std::smatch& equation : matches(text, std::regex(R"(\*\*Eq\. (\d+))")))
    numbers.push_back(std::stoi(equation[1]));
  std::sort(numbers.begin(), numbers.end());

  ASSERT_GE(numbers.size(), 19U);
  for (std::size_t n = 0; n < numbers.size(); ++n) EXPECT_EQ(numbers[n], static_cast<int>(n) + 1);
}

TEST(Documents, EveryEquationCitedExists) {
  std::vector<fs::path> all{root / "README.md"};
  for (const char* folder : {"include", "src", "kernels", "tests", "docs", "bench", "examples"}) {
    const auto some = files(folder, {".hpp", ".cpp", ".cu", ".cuh", ".md"});
    all.insert(all.end(), some.begin(), some.end());
  }
  for (const fs::path& file : all)
    for (const int equation : equations_cited(text_of(file))) {
      EXPECT_GE(equation, 1) << file;
      EXPECT_LE(equation, number_of_equations()) << file;
    }
}

TEST(Documents, KernelsAndSolversCiteTheirEquations) {
  // y = a x + b y, a copy, and made-up data: nothing of docs/math.md
  const std::set<fs::path> plain{"update.hpp", "permute_rows.hpp", "generate_entries.hpp"};
  for (const fs::path& contract : fs::directory_iterator(root / "kernels")) {
    if (contract.extension() == ".hpp" && plain.count(contract.filename()) == 0) {
      EXPECT_FALSE(equations_cited(text_of(contract)).empty()) << contract;
    }
  }
  for (const char* method : {"als.hpp", "gradient.hpp", "gradient_descent.hpp", "quartic.hpp"})
    EXPECT_FALSE(equations_cited(text_of(root / "src/solvers" / method)).empty()) << method;
}

TEST(Documents, LinksLeadToFiles) {
  std::vector<fs::path> all{root / "README.md", root / "CONTRIBUTING.md", root / "CHANGELOG.md"};
  for (const char* folder : {"docs", "src", "kernels", "tests", "bench", "data"}) {
    const auto some = files(folder, {".md"});
    all.insert(all.end(), some.begin(), some.end());
  }
  for (const fs::path& page : all) {
    const std::string text = text_of(page);
    for (const std::smatch& link : matches(text, std::regex(R"(\]\(([^)#\s]+)(#[^)]*)?\))"))) {
      const std::string target = link[1];
      if (target.find("://") == target.npos) {
        EXPECT_TRUE(fs::exists(page.parent_path() / target)) << page << ": " << target;
      }
    }
  }
}

}  // namespace
}  // namespace rankfill
