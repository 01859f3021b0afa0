// SPDX-License-Identifier: Apache-2.0
#include "ids.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <string_view>

#include "arrays.hpp"
#include "bindings.hpp"
#include "data/parallel.hpp"

namespace rankfill::python {

using namespace nb::literals;

namespace {

constexpr std::int64_t kChunk = std::int64_t{1} << 20;  // ids in one piece of work

using Chunks = std::vector<data::IdColumn>;

Indexed join(Chunks& chunks, const Ids* known, const std::string& side) {
  std::vector<data::IdColumn*> pointers;
  for (data::IdColumn& chunk : chunks) pointers.push_back(&chunk);
  return data::index_ids(pointers, known, data::thread_count(0), "", side);
}

/// Whole numbers -> their places among the distinct ones, ascending; with `known`, among those.
Indexed index_numbers(const AnyVector& numbers, const Ids* known, const std::string& side) {
  nb::gil_scoped_release released;
  return with_line(numbers, [&](const auto& line) {
    Chunks chunks(static_cast<std::size_t>((line.size + kChunk - 1) / kChunk));
    data::parallel_for(std::ssize(chunks), data::thread_count(0), [&](std::int64_t c) {
      auto& ids = chunks[static_cast<std::size_t>(c)];
      const std::int64_t first = c * kChunk, count = std::min(kChunk, line.size - first);
      ids.reserve(static_cast<std::size_t>(count));
      for (std::int64_t k = 0; k < count; ++k) ids.add(static_cast<std::int64_t>(line[first + k]));
    });
    return join(chunks, known, side);
  });
}

std::string_view text_of(nb::handle object) {
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(object.ptr(), &size);
  if (bytes == nullptr) throw nb::python_error();
  return {bytes, static_cast<std::size_t>(size)};
}

/// Adds the texts of a sequence of str to a column that holds texts only: "7" stays a text, and is not the number 7.
class TextCollector {
 public:
  TextCollector() { column_.front().make_text(); }
  TextCollector(const TextCollector&) = delete;  // as a column is; a vector of them would claim otherwise
  void add(const nb::sequence& texts) {
    for (const nb::handle text : texts) column_.front().add(text_of(text));
  }
  Indexed finish(const Ids* known, const std::string& side) { return join(column_, known, side); }

 private:
  Chunks column_{1};
};

nb::object names(const Ids& ids) {
  if (const auto* numbers = ids.as_numbers()) return nb::cast(to_numpy(std::vector<std::int64_t>(*numbers)));
  if (const auto* texts = ids.as_texts()) return nb::cast(*texts);
  return nb::none();
}

Ids make(const nb::object& names, std::int64_t size) {
  if (names.is_none()) return Ids::range(size);
  if (nb::isinstance<nb::list>(names)) return Ids::texts(nb::cast<std::vector<std::string>>(names));
  return with_line(nb::cast<AnyVector>(names), [](const auto& line) {
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(line.size));
    for (std::int64_t k = 0; k < line.size; ++k)
      numbers[static_cast<std::size_t>(k)] = static_cast<std::int64_t>(line[k]);
    return Ids::numbers(std::move(numbers));
  });
}

}  // namespace

void bind_ids(nb::module_& m) {
  nb::class_<Ids>(m, "Ids")
      .def_static("range", &Ids::range, "count"_a)
      .def_static("make", &make, "names"_a.none(), "size"_a)
      .def_prop_ro("size", &Ids::size)
      .def_prop_ro("kind",
                   [](const Ids& ids) { return ids.is_range()   ? "range"
                                               : ids.as_texts() ? "texts"
                                                                : "numbers"; })
      .def("names", &names)
      .def("__getstate__", [](const Ids& ids) { return nb::make_tuple(names(ids), ids.size()); })
      .def("__setstate__",
           [](Ids& ids, const nb::tuple& state) { new (&ids) Ids(make(state[0], nb::cast<std::int64_t>(state[1]))); });

  nb::class_<Indexed>(m, "Indexed")
      .def_prop_ro("ids", [](const Indexed& self) { return self.ids; })
      .def_prop_ro("size", [](const Indexed& self) { return self.indices.size(); })
      .def(
          "take", [](Indexed& self) { return to_numpy(std::move(self.indices)); },
          "The indices, which leave this object.");

  nb::class_<TextCollector>(m, "TextCollector")
      .def(nb::init<>())
      .def("add", &TextCollector::add, "texts"_a)
      .def("finish", &TextCollector::finish, "known"_a.none(), "side"_a);

  m.def("index_numbers", &index_numbers, "numbers"_a, "known"_a.none(), "side"_a);
}

}  // namespace rankfill::python
