// SPDX-License-Identifier: Apache-2.0
#include <cuda_runtime.h>
#include <nanobind/nanobind.h>

#include <cstring>
#include <stdexcept>

#include "control.hpp"

// Memory of the emulated device for tests in Python.  Its contents come and go without the runtime's copies, which tests count.

namespace nb = nanobind;
using namespace nb::literals;

namespace {

class Memory {
 public:
  explicit Memory(const nb::bytes& contents) : size_(contents.size()) {
    if (cudaMalloc(&data_, size_) != cudaSuccess) throw std::runtime_error("no device memory");
    std::memcpy(data_, contents.data(), size_);
  }
  ~Memory() { cudaFree(data_); }
  Memory(const Memory&) = delete;
  std::uintptr_t address() const { return reinterpret_cast<std::uintptr_t>(data_); }
  nb::bytes contents() const { return nb::bytes(data_, size_); }

 private:
  void* data_ = nullptr;
  std::size_t size_;
};

}  // namespace

NB_MODULE(_emulated, m) {
  nb::class_<Memory>(m, "Memory")
      .def(nb::init<const nb::bytes&>(), "contents"_a)
      .def_prop_ro("address", &Memory::address)
      .def("contents", &Memory::contents);
  m.def("bytes_to_host", &simt::num_bytes_to_host);
}
