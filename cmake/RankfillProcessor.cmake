# SPDX-License-Identifier: Apache-2.0
# Adds to RANKFILL_SOURCES the inner loops for each instruction set of the target processor; the program chooses when it runs.

# Their flags, which stand after those of the target and so win over -march=native.  Properties of files hold in one directory:
# for each that compiles them.
function(rankfill_processor_flags)
  set_source_files_properties("${PROJECT_SOURCE_DIR}/kernels/cpu/row_loops_avx2.cpp" PROPERTIES
    COMPILE_OPTIONS "-march=x86-64-v3")
  set_source_files_properties("${PROJECT_SOURCE_DIR}/kernels/cpu/row_loops_avx512.cpp" PROPERTIES
    COMPILE_OPTIONS "-march=x86-64-v4")
endfunction()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  list(APPEND RANKFILL_SOURCES
    kernels/cpu/row_loops_x86.cpp kernels/cpu/row_loops_avx2.cpp kernels/cpu/row_loops_avx512.cpp)
  rankfill_processor_flags()
else()
  list(APPEND RANKFILL_SOURCES kernels/cpu/row_loops_other.cpp)
endif()
