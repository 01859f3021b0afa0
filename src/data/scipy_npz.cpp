// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "data/npz.hpp"
#include "data/readers.hpp"
#include "rankfill/error.hpp"

namespace rankfill::data {

namespace {

class Archive {
 public:
  explicit Archive(const FileBytes& bytes) : name_(bytes.name()), arrays_(parse_npz(bytes.view(), bytes.name())) {}

  [[noreturn]] void fail(const std::string& found) const { throw InvalidData(name_, 0, found); }

  const Array& need(const char* array) const {
    const Array* found = find_array(arrays_, array);
    if (!found) fail(std::string("has no array \"") + array + "\": not a matrix written by scipy.sparse.save_npz");
    return *found;
  }

  /// An index array, every number in [0, limit).
  std::vector<std::int32_t> indices(const char* array, std::int64_t limit) const {
    const std::vector<std::int64_t> all = need(array).as_int64();
    std::vector<std::int32_t> narrow;
    narrow.reserve(all.size());
    for (const std::int64_t index : all) {
      if (index < 0 || index >= limit)
        fail(std::string("array \"") + array + "\" holds the index " + std::to_string(index) + ", outside 0.." +
             std::to_string(limit - 1));
      narrow.push_back(static_cast<std::int32_t>(index));
    }
    return narrow;
  }

 private:
  std::string name_;
  std::vector<NamedArray> arrays_;
};

/// The compressed side of csr or csc: index of each entry from its offsets.
std::vector<std::int32_t> expand(const Archive& archive, std::int64_t size, std::size_t count) {
  const std::vector<std::int64_t> offsets = archive.need("indptr").as_int64();
  if (static_cast<std::int64_t>(offsets.size()) != size + 1 || offsets.front() != 0 ||
      offsets.back() != static_cast<std::int64_t>(count))
    archive.fail("array \"indptr\" does not fit the shape and the number of entries");
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i)
    if (offsets[i + 1] < offsets[i]) archive.fail("array \"indptr\" decreases at " + std::to_string(i + 1));
  std::vector<std::int32_t> index(count);
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i)
    for (std::int64_t p = offsets[i]; p < offsets[i + 1]; ++p)
      index[static_cast<std::size_t>(p)] = static_cast<std::int32_t>(i);
  return index;
}

}  // namespace

Entries read_scipy_npz(const FileBytes& bytes, const ReadOptions& options) {
  const Archive archive(bytes);
  const auto format = archive.need("format").as_strings();
  const auto shape = archive.need("shape").as_int64();
  if (format.size() != 1 || shape.size() != 2)
    archive.fail("arrays \"format\" and \"shape\" must hold one text and two sizes");
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  if (shape[0] < 0 || shape[1] < 0 || shape[0] > kMax || shape[1] > kMax)
    archive.fail("shape " + std::to_string(shape[0]) + " x " + std::to_string(shape[1]) +
                 ": each side must be 0..2147483647");
  Entries entries;
  entries.source = bytes.name();
  entries.num_rows = shape[0];
  entries.num_cols = shape[1];
  entries.values = archive.need("data").as_doubles();
  const std::size_t count = entries.values.size();
  if (format[0] == "csr") {
    entries.cols = archive.indices("indices", shape[1]);
    entries.rows = expand(archive, shape[0], count);
  } else if (format[0] == "csc") {
    entries.rows = archive.indices("indices", shape[0]);
    entries.cols = expand(archive, shape[1], count);
  } else if (format[0] == "coo") {
    entries.rows = archive.indices("row", shape[0]);
    entries.cols = archive.indices("col", shape[1]);
  } else {
    archive.fail("sparse format \"" + format[0] + "\": csr, csc and coo can be read");
  }
  if (entries.rows.size() != count || entries.cols.size() != count)
    archive.fail("its index arrays and its data have different lengths");
  for (std::size_t p = 0; p < count; ++p)
    if (!std::isfinite(entries.values[p]))
      archive.fail("the value at (" + std::to_string(entries.rows[p]) + ", " + std::to_string(entries.cols[p]) +
                   ") is not finite");
  if (count == 0) archive.fail("no entries");
  name_by_index(entries, options);
  require_resolved(entries, options);
  return entries;
}

}  // namespace rankfill::data
