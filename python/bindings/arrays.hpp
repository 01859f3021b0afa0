// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rankfill/error.hpp"

// NumPy arrays as the library sees them: read in place whatever their type and strides, and vectors handed out without a copy.

namespace rankfill::python {

namespace nb = nanobind;

using AnyVector = nb::ndarray<nb::ro, nb::ndim<1>, nb::device::cpu>;
using AnyMatrix = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;
using IndexVector = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

/// Calls use(T{}) with the element type of an array.  *Throws* InvalidData when it is no real number type of C++.
template <class Use>
auto with_type(nb::dlpack::dtype type, const Use& use) {
  using nb::dlpack::dtype_code;
  if (type.lanes == 1) {
    switch (static_cast<dtype_code>(type.code)) {
      case dtype_code::Float:
        if (type.bits == 32) return use(float{});
        if (type.bits == 64) return use(double{});
        break;
      case dtype_code::Int:
        if (type.bits == 8) return use(std::int8_t{});
        if (type.bits == 16) return use(std::int16_t{});
        if (type.bits == 32) return use(std::int32_t{});
        if (type.bits == 64) return use(std::int64_t{});
        break;
      case dtype_code::UInt:
        if (type.bits == 8) return use(std::uint8_t{});
        if (type.bits == 16) return use(std::uint16_t{});
        if (type.bits == 32) return use(std::uint32_t{});
        if (type.bits == 64) return use(std::uint64_t{});
        break;
      case dtype_code::Bool: return use(std::uint8_t{});
      default: break;
    }
  }
  throw InvalidData("", 0, "an array of this element type cannot be used; convert it to float64 or int64");
}

/// One line of an array of T: element k is at data[k * stride].
template <class T>
struct Line {
  const T* data = nullptr;
  std::int64_t size = 0, stride = 1;
  T operator[](std::int64_t k) const { return data[k * stride]; }
};

template <class T>
Line<T> line_of(const AnyVector& array) {
  return {static_cast<const T*>(array.data()), static_cast<std::int64_t>(array.shape(0)), array.stride(0)};
}

/// Calls use(Line<T>) with the element type of the array.
template <class Use>
auto with_line(const AnyVector& array, const Use& use) {
  return with_type(array.dtype(), [&](auto type) { return use(line_of<decltype(type)>(array)); });
}

inline std::vector<double> to_doubles(const AnyVector& array) {
  return with_line(array, [](const auto& line) {
    std::vector<double> values(static_cast<std::size_t>(line.size));
    for (std::int64_t k = 0; k < line.size; ++k) values[static_cast<std::size_t>(k)] = static_cast<double>(line[k]);
    return values;
  });
}

/// A vector as a NumPy array that owns it.
template <class T>
auto to_numpy(std::vector<T>&& values, std::initializer_list<std::size_t> shape) {
  auto* kept = new std::vector<T>(std::move(values));
  nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return nb::ndarray<nb::numpy, T>(kept->data(), shape, owner);
}
template <class T>
auto to_numpy(std::vector<T>&& values) {
  const std::size_t size = values.size();
  return to_numpy(std::move(values), {size});
}

/// A vector that stays where it is, as a read-only NumPy array that keeps `owner` alive.
template <class T>
auto view(const std::vector<T>& values, std::initializer_list<std::size_t> shape, nb::handle owner) {
  return nb::ndarray<nb::numpy, const T>(values.data(), shape, owner);
}
template <class T>
auto view(const std::vector<T>& values, nb::handle owner) {
  return view(values, {values.size()}, owner);
}

inline std::span<const std::int32_t> span_of(const IndexVector& array) { return {array.data(), array.shape(0)}; }

}  // namespace rankfill::python
