// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <limits>

#include "data/npz.hpp"
#include "model/sample_model.hpp"
#include "rankfill/error.hpp"
#include "rankfill/model.hpp"

namespace rankfill::test {
namespace {

using data::Array;
using data::NamedArray;

void expect_same_ids(const Ids& a, const Ids& b) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(a.is_range(), b.is_range());
  EXPECT_EQ(a.as_numbers() != nullptr, b.as_numbers() != nullptr);
  for (std::int64_t k = 0; k < a.size(); ++k) EXPECT_EQ(a.name(k), b.name(k));
}

void expect_same(const Model& a, const Model& b) {
  EXPECT_EQ(a.row_factors.values, b.row_factors.values);
  EXPECT_EQ(a.col_factors.values, b.col_factors.values);
  EXPECT_EQ(a.rank(), b.rank());
  EXPECT_EQ(a.mean, b.mean);
  EXPECT_EQ(a.row_bias, b.row_bias);
  EXPECT_EQ(a.col_bias, b.col_bias);
  EXPECT_EQ(a.options_json, b.options_json);
  expect_same_ids(a.row_ids, b.row_ids);
  expect_same_ids(a.col_ids, b.col_ids);
}

class ModelFile : public testing::Test {
 protected:
  Model round_trip(const Model& model) const {
    save_model(model, file);
    return load_model(file);
  }

  std::string error_of_loading() const {
    try {
      load_model(file);
    } catch (const InvalidData& error) {
      return error.what();
    }
    return "no InvalidData";
  }

  /// Saves a good model with its arrays changed.
  void save_changed(const std::function<void(std::vector<NamedArray>&)>& change) const {
    save_model(sample_model<double>(4, 3, 2, true), file);
    std::vector<NamedArray> arrays = data::read_npz(file);
    change(arrays);
    data::write_npz(file, arrays);
  }

  void save_with(const std::string& name, const Array& array) const {
    save_changed([&](auto& arrays) {
      std::erase_if(arrays, [&](const NamedArray& one) { return one.first == name; });
      arrays.emplace_back(name, array);
    });
  }

  TemporaryFolder folder;
  std::filesystem::path file = folder / "model.npz";
};

TEST_F(ModelFile, KeepsBothPrecisions) {
  const Model single = sample_model<float>(4, 3, 2, false), twice = sample_model<double>(4, 3, 2, true);

  expect_same(single, round_trip(single));
  expect_same(twice, round_trip(twice));
}

TEST_F(ModelFile, KeepsNumberIds) {
  Model model = sample_model<float>(3, 2, 1, false);
  model.row_ids =
      Ids::numbers({std::numeric_limits<std::int64_t>::min(), -1, std::numeric_limits<std::int64_t>::max()});
  model.col_ids = Ids::numbers({5, 7});

  expect_same(model, round_trip(model));
}

TEST_F(ModelFile, KeepsTextIds) {
  Model model = sample_model<float>(5, 2, 1, false);
  model.row_ids =
      Ids::texts({std::string(300, 'a'), "b c\td", "na\xc3\xafve", "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x8e\xac"});
  model.col_ids = Ids::texts({"", "\xff not UTF-8"});

  expect_same(model, round_trip(model));
}

TEST_F(ModelFile, KeepsOptionsText) {
  Model model = sample_model<float>(2, 2, 1, false);
  model.options_json = "{\"file\": \"na\xc3\xafve.csv\", \"rank\": 1}";

  EXPECT_EQ(round_trip(model).options_json, model.options_json);
}

TEST_F(ModelFile, ReplacesAnOldFileWhole) {
  save_model(sample_model<float>(9, 9, 4, true), file);
  const Model model = sample_model<float>(2, 2, 1, false);

  expect_same(model, round_trip(model));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);  // no temporary is left
}

TEST_F(ModelFile, CannotBeSavedWhereThereIsNoFolder) {
  EXPECT_THROW(save_model(sample_model<float>(2, 2, 1, false), folder / "no" / "model.npz"), FileError);
}

TEST_F(ModelFile, MissingIsAFileError) { EXPECT_THROW(load_model(file), FileError); }

TEST_F(ModelFile, DirectoryIsAFileError) { EXPECT_THROW(load_model(folder.path()), FileError); }

TEST_F(ModelFile, ForeignNpzIsNamedSo) {
  data::write_npz(file, std::vector<NamedArray>{{"user_factors", Array::scalar(1.0)}});

  const std::string message = error_of_loading();

  EXPECT_NE(message.find("not a rankfill model"), std::string::npos) << message;
  EXPECT_NE(message.find("user_factors"), std::string::npos) << message;
  EXPECT_NE(message.find("model.npz"), std::string::npos) << message;
}

TEST_F(ModelFile, ForeignFormatAndLaterVersionAreNamedSo) {
  save_with("format", Array::scalar("csr"));
  EXPECT_NE(error_of_loading().find("not a rankfill model"), std::string::npos);

  save_with("format", Array::scalar("rankfill-model 2"));
  EXPECT_NE(error_of_loading().find("another version"), std::string::npos);

  save_with("format", Array::scalar(1.0));
  EXPECT_NE(error_of_loading().find("format"), std::string::npos);
}

TEST_F(ModelFile, EveryTruncationThrows) {
  save_model(sample_model<float>(3, 2, 2, true), file);
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file));
  std::string bytes(static_cast<std::size_t>(size), '\0');
  std::ifstream(file, std::ios::binary).read(bytes.data(), size);

  for (std::streamoff length = 0; length < size; length += 7) {
    std::ofstream(file, std::ios::binary | std::ios::trunc).write(bytes.data(), length);
    EXPECT_THROW(load_model(file), InvalidData) << length;
  }
}

TEST_F(ModelFile, EveryMissingArrayIsNamed) {
  for (const std::string name : {"row_factors", "col_factors", "mean", "row_bias", "col_bias", "options"}) {
    save_changed(
        [&](auto& arrays) { std::erase_if(arrays, [&](const NamedArray& one) { return one.first == name; }); });

    EXPECT_NE(error_of_loading().find("the array " + name + " is missing"), std::string::npos) << error_of_loading();
  }
}

TEST_F(ModelFile, ShapesThatDisagreeThrow) {
  const std::vector<double> six(6, 1.0), eight(8, 1.0), two(2, 1.0);
  const std::vector<std::int64_t> numbers{1, 2, 3};
  const std::vector<std::string> texts{"a", "b"};
  const std::vector<NamedArray> wrong{
      {"row_factors", Array::of(std::span<const double>(eight), {8})},
      {"row_factors", Array::of(std::span<const double>(eight), {2, 4})},
      {"row_factors", Array::of(std::span<const double>(eight), {2, 2, 2})},
      {"col_factors", Array::of(std::span<const double>(six), {2, 3})},
      {"col_factors", Array::of(std::span<const double>(), {3, 0})},
      {"col_factors", Array::of(std::span<const double>(eight), {4, 2})},  // then col_bias has another length
      {"mean", Array::of(std::span<const double>(two))},
      {"row_bias", Array::of(std::span<const double>(two))},
      {"col_bias", Array::of(std::span<const double>(two))},
      {"row_ids", Array::of(std::span<const std::int64_t>(numbers))},
      {"col_ids", Array::of(std::span<const std::string>(texts))},
  };
  for (const auto& [name, array] : wrong) {
    save_with(name, array);
    EXPECT_NE(error_of_loading().find("expected"), std::string::npos) << name << ": " << error_of_loading();
  }
}

TEST_F(ModelFile, WrongTypesThrow) {
  const std::vector<std::int64_t> eight(8, 1), unsorted{3, 2, 1};
  const std::vector<double> three(3, 1.0);
  save_with("row_factors", Array::of(std::span<const std::int64_t>(eight), {4, 2}));
  EXPECT_NE(error_of_loading().find("expected float32 or float64"), std::string::npos);

  save_with("mean", Array::scalar("three"));
  EXPECT_NE(error_of_loading().find("mean"), std::string::npos);

  save_with("options", Array::scalar(3.0));
  EXPECT_NE(error_of_loading().find("options"), std::string::npos);

  save_with("col_ids", Array::of(std::span<const double>(three)));
  EXPECT_NE(error_of_loading().find("expected whole numbers or text"), std::string::npos);

  save_with("col_ids", Array::of(std::span<const std::int64_t>(unsorted)));
  EXPECT_NE(error_of_loading().find("ascending"), std::string::npos);
}

TEST_F(ModelFile, ValuesThatAreNotFiniteThrow) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    std::vector<double> eight(8, 1.0), four(4, 1.0);
    eight[5] = bad;
    four[2] = bad;
    save_with("row_factors", Array::of(std::span<const double>(eight), {4, 2}));
    EXPECT_NE(error_of_loading().find("not finite, number 5"), std::string::npos) << error_of_loading();

    save_with("row_bias", Array::of(std::span<const double>(four)));
    EXPECT_NE(error_of_loading().find("not finite"), std::string::npos);

    save_with("mean", Array::scalar(bad));
    EXPECT_NE(error_of_loading().find("not finite"), std::string::npos);
  }
}

TEST_F(ModelFile, FortranOrderAndOneElementMeanLoad) {
  const Model model = sample_model<double>(4, 3, 2, true);
  save_changed([&](auto& arrays) {
    for (auto& [name, array] : arrays) {
      if (name == "mean") array.shape = {1};
      if (name != "row_factors") continue;
      std::vector<double> turned;
      for (int t = 0; t < 2; ++t) {
        for (std::int64_t i = 0; i < 4; ++i) turned.push_back(model.row_factors(i, t));
      }
      array = Array::of(std::span<const double>(turned), {4, 2});
      array.fortran = true;
    }
  });

  expect_same(model, load_model(file));
}

}  // namespace
}  // namespace rankfill::test
