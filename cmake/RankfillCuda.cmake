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
  # CMake 3.25 knows no C++20 flag for nvcc and says nothing; a static_assert in kernels/detail/launch.cuh stands guard.
  add_compile_options("$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20>")
endif()
message(STATUS "rankfill: CUDA half: ${RANKFILL_WITH_CUDA}")
