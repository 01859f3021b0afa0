// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>

#include "data/npz.hpp"
#include "rankfill/error.hpp"
#include "rankfill/model.hpp"

namespace rankfill {

namespace {

using data::Array;
using data::NamedArray;

constexpr std::string_view kFormat = "rankfill-model 1";
constexpr std::string_view kFamily = "rankfill-model ";
constexpr int kMostColumns = 1024;  // Options::rank

Array to_array(const FactorMatrix& factors) {
  return std::visit(
      [&](const auto& values) {
        return Array::of(std::span(values.data(), values.size()), {factors.num_rows, std::int64_t{factors.rank}});
      },
      factors.values);
}

void add_ids(std::vector<NamedArray>& arrays, const char* name, const Ids& ids) {
  if (const auto* numbers = ids.as_numbers())
    arrays.emplace_back(name, Array::of(std::span<const std::int64_t>(*numbers)));
  if (const auto* texts = ids.as_texts()) arrays.emplace_back(name, Array::of(std::span<const std::string>(*texts)));
}

/// One model file being read: finds arrays and checks them; every message names the file.
class ModelReader {
 public:
  explicit ModelReader(const std::filesystem::path& file) : file_(file.string()), arrays_(data::read_npz(file)) {
    const Array* format = data::find_array(arrays_, "format");
    if (format == nullptr) fail("not a rankfill model: there is no array \"format\" in it (arrays: " + names() + ")");
    const std::string text = one_text("format");
    if (text == kFormat) return;
    if (text.starts_with(kFamily)) {
      fail("a model of another version, \"" + text + "\"; this program reads \"" + std::string(kFormat) + "\"");
    }
    fail("not a rankfill model: \"format\" is \"" + text.substr(0, 40) + "\", expected \"" + std::string(kFormat) +
         "\"");
  }

  FactorMatrix factors(const char* name) const {
    const Array& array = require(name);
    if (array.dtype != data::Dtype::float32 && array.dtype != data::Dtype::float64) {
      fail(std::string(name) + " holds " + data::dtype_name(array) + ", expected float32 or float64");
    }
    if (array.shape.size() != 2 || array.shape[1] < 1 || array.shape[1] > kMostColumns) {
      fail(std::string(name) + " has shape " + shape_of(array) + ", expected (count, rank) with rank in 1..1024");
    }
    FactorMatrix result{array.shape[0], static_cast<int>(array.shape[1]), {}};
    std::vector<double> values = array.as_doubles();
    require_finite(name, values);
    if (array.dtype == data::Dtype::float64) {
      result.values = std::move(values);
    } else {
      result.values = std::vector<float>(values.size());
      std::transform(values.begin(), values.end(), std::get<std::vector<float>>(result.values).begin(),
                     [](double v) { return static_cast<float>(v); });
    }
    return result;
  }

  double number(const char* name) const {
    const std::vector<double> values = doubles(name);
    if (values.size() != 1) fail(std::string(name) + " has " + std::to_string(values.size()) + " values, expected one");
    return values.front();
  }

  std::vector<double> biases(const char* name, std::int64_t count) const {
    std::vector<double> values = doubles(name);
    if (!values.empty() && static_cast<std::int64_t>(values.size()) != count) {
      fail(std::string(name) + " has " + std::to_string(values.size()) + " values, expected " + std::to_string(count) +
           " (or none)");
    }
    return values;
  }

  Ids ids(const char* name, std::int64_t count) const {
    const Array* array = data::find_array(arrays_, name);
    if (array == nullptr) return Ids::range(count);
    if (array->count() != count || array->shape.size() != 1) {
      fail(std::string(name) + " has shape " + shape_of(*array) + ", expected (" + std::to_string(count) + ",)");
    }
    if (!array->is_text() && !array->is_integer()) {
      fail(std::string(name) + " holds " + data::dtype_name(*array) + ", expected whole numbers or text");
    }
    return named(name,
                 [&] { return array->is_text() ? Ids::texts(array->as_strings()) : Ids::numbers(array->as_int64()); });
  }

  std::string one_text(const char* name) const {
    const Array& array = require(name);
    if (!array.is_text() || array.count() != 1) fail(std::string(name) + " is not one text");
    return named(name, [&] { return array.as_strings().front(); });
  }

  [[noreturn]] void fail(const std::string& found) const { throw InvalidData(file_, 0, found); }

 private:
  const Array& require(const char* name) const {
    const Array* array = data::find_array(arrays_, name);
    if (array == nullptr)
      fail(std::string("a damaged model: the array ") + name + " is missing (arrays: " + names() + ")");
    return *array;
  }

  std::vector<double> doubles(const char* name) const {
    const Array& array = require(name);
    std::vector<double> values = named(name, [&] { return array.as_doubles(); });
    require_finite(name, values);
    return values;
  }

  void require_finite(const char* name, const std::vector<double>& values) const {
    const auto bad = std::find_if_not(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
    if (bad != values.end()) {
      fail(std::string(name) + " holds a value that is not finite, number " + std::to_string(bad - values.begin()));
    }
  }

  /// Adds file and array to the message of what `make` throws.
  template <class Make>
  auto named(const char* name, const Make& make) const -> decltype(make()) {
    try {
      return make();
    } catch (const InvalidData& error) {
      fail(std::string(name) + ": " + error.what());
    }
  }

  std::string names() const {
    std::string list;
    for (const auto& [name, array] : arrays_) {
      if (list.size() > 200) return list + ", ...";
      list += (list.empty() ? "" : ", ") + name;
    }
    return list;
  }

  static std::string shape_of(const Array& array) {
    std::string text = "(";
    for (const std::int64_t size : array.shape) text += std::to_string(size) + (array.shape.size() == 1 ? "," : ", ");
    if (array.shape.size() > 1) text.resize(text.size() - 2);
    return text + ")";
  }

  std::string file_;
  std::vector<NamedArray> arrays_;
};

}  // namespace

void save_model(const Model& model, const std::filesystem::path& file) {
  std::vector<NamedArray> arrays;
  arrays.emplace_back("format", Array::scalar(kFormat));
  arrays.emplace_back("row_factors", to_array(model.row_factors));
  arrays.emplace_back("col_factors", to_array(model.col_factors));
  arrays.emplace_back("mean", Array::scalar(model.mean));
  arrays.emplace_back("row_bias", Array::of(std::span<const double>(model.row_bias)));
  arrays.emplace_back("col_bias", Array::of(std::span<const double>(model.col_bias)));
  add_ids(arrays, "row_ids", model.row_ids);
  add_ids(arrays, "col_ids", model.col_ids);
  arrays.emplace_back("options", Array::scalar(model.options_json));
  data::write_npz(file, arrays);
}

Model load_model(const std::filesystem::path& file) {
  const ModelReader reader(file);
  Model model;
  model.row_factors = reader.factors("row_factors");
  model.col_factors = reader.factors("col_factors");
  if (model.row_factors.rank != model.col_factors.rank) {
    reader.fail("row_factors has " + std::to_string(model.row_factors.rank) + " columns and col_factors " +
                std::to_string(model.col_factors.rank) + ", expected one rank");
  }
  model.mean = reader.number("mean");
  model.row_bias = reader.biases("row_bias", model.num_rows());
  model.col_bias = reader.biases("col_bias", model.num_cols());
  model.row_ids = reader.ids("row_ids", model.num_rows());
  model.col_ids = reader.ids("col_ids", model.num_cols());
  model.options_json = reader.one_text("options");
  return model;
}

}  // namespace rankfill
