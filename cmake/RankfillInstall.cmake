# SPDX-License-Identifier: Apache-2.0
# find_package(rankfill) -> rankfill::rankfill, and rankfill.pc.
include(CMakePackageConfigHelpers)
install(TARGETS rankfill EXPORT rankfillTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET rankfill_cli)
  install(TARGETS rankfill_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/rankfill" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/rankfill")
install(EXPORT rankfillTargets NAMESPACE rankfill:: DESTINATION "${package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/rankfillConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/rankfillConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/rankfillConfigVersion.cmake" COMPATIBILITY SameMajorVersion)
install(FILES "${PROJECT_BINARY_DIR}/rankfillConfig.cmake" "${PROJECT_BINARY_DIR}/rankfillConfigVersion.cmake"
  DESTINATION "${package_dir}")

# A static library leaves its needs to whoever links it.
set(RANKFILL_PC_LIBS "-lrankfill -lz -lzstd -fopenmp")
foreach(library IN LISTS CMAKE_CXX_IMPLICIT_LINK_LIBRARIES)  # a C compiler links no C++ runtime by itself
  if(library MATCHES "^(stdc\\+\\+|c\\+\\+|m)$")
    string(APPEND RANKFILL_PC_LIBS " -l${library}")
  endif()
endforeach()
if(RANKFILL_WITH_CUDA)
  string(APPEND RANKFILL_PC_LIBS " -L${CUDAToolkit_LIBRARY_DIR} -lcublas -lcusparse -lcudart_static -ldl -lrt -lpthread")
endif()
# Relative to the file, so that the installed tree can be moved.
file(RELATIVE_PATH RANKFILL_PC_TO_PREFIX "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file("${PROJECT_SOURCE_DIR}/cmake/rankfill.pc.in" "${PROJECT_BINARY_DIR}/rankfill.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/rankfill.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
