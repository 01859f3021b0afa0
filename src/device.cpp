// SPDX-License-Identifier: Apache-2.0
#include "rankfill/device.hpp"

#include <charconv>

#include "rankfill/error.hpp"
#include "rankfill/version.hpp"
#include "solve_cuda.hpp"

namespace rankfill {

Device parse_device(const std::string& text) {
  if (text == "auto") return {};
  if (text == "cpu") return {Device::Kind::cpu, 0};
  if (text == "cuda") return {Device::Kind::cuda, 0};
  if (text.rfind("cuda:", 0) == 0) {
    int index = -1;
    const char *first = text.data() + 5, *last = text.data() + text.size();
    const auto [end, error] = std::from_chars(first, last, index);
    if (error == std::errc{} && end == last && index >= 0) return {Device::Kind::cuda, index};
  }
  throw InvalidOption("device", text, "must be auto, cpu, cuda or cuda:N");
}

std::string to_string(Device device) {
  switch (device.kind) {
    case Device::Kind::cpu: return "cpu";
    case Device::Kind::cuda: return "cuda:" + std::to_string(device.index);
    default: return "auto";
  }
}

std::string version() { return "0.1.0"; }

std::string build_info() { return "rankfill " + version() + ", " + cuda_build_info() + ", compiler " + __VERSION__; }

}  // namespace rankfill
