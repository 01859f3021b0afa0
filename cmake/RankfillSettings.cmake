# SPDX-License-Identifier: Apache-2.0
# rankfill_settings(target): what every target of ours is compiled with.
# -Wno-maybe-uninitialized: GCC 12 warns inside its own AVX-512 header.
function(rankfill_settings target)
  set(cxx "$<COMPILE_LANGUAGE:CXX>")
  target_compile_options(${target} PRIVATE "$<${cxx}:-Wall;-Wextra;-Wno-maybe-uninitialized>")
  if(RANKFILL_WERROR)
    target_compile_options(${target} PRIVATE "$<${cxx}:-Werror>")
  endif()
  if(RANKFILL_NATIVE)
    target_compile_options(${target} PRIVATE "$<${cxx}:-march=native>")
  endif()
  if(RANKFILL_SANITIZE)
    target_compile_options(${target} PRIVATE "$<${cxx}:-fsanitize=${RANKFILL_SANITIZE};-fno-omit-frame-pointer>")
    target_link_options(${target} PUBLIC "-fsanitize=${RANKFILL_SANITIZE}")
  endif()
endfunction()
