# SPDX-License-Identifier: Apache-2.0
# Decides whether the CUDA half is built: RANKFILL_WITH_CUDA.
set(RANKFILL_WITH_CUDA OFF)
if(NOT RANKFILL_CUDA STREQUAL "OFF")
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    set(RANKFILL_WITH_CUDA ON)
  elseif(RANKFILL_CUDA STREQUAL "ON")
    message(FATAL_ERROR "RANKFILL_CUDA=ON, but no nvcc was found; put it on PATH or set CUDACXX")
  endif()
endif()

if(RANKFILL_WITH_CUDA)
  # One architecture for development; a release names them all: the preset `cuda-release`.
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 90 CACHE STRING "CUDA architectures")
  endif()
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
  # CMake 3.25 knows no C++20 flag for nvcc, which has had one since CUDA 12.  A static_assert in
  # kernels/detail/launch.cuh stands guard.
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  endif()
  set(CMAKE_CUDA_STANDARD 20)
  # constexpr functions of host headers (kernels/detail/philox.hpp) serve device code too.
  string(APPEND CMAKE_CUDA_FLAGS " --expt-relaxed-constexpr")
endif()
message(STATUS "rankfill: CUDA half: ${RANKFILL_WITH_CUDA}")
