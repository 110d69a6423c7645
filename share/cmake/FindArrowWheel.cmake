# Find Apache Arrow C++ as unpacked by share/setup/install from the wheel pinned in share/setup/wheels.txt.
#
# Defines the imported targets Arrow::arrow, Arrow::compute, Arrow::acero and Arrow::parquet (each brings what it needs),
# ArrowWheel_VERSION, and ARROW_RUNTIME_LIBRARIES: the files to put beside a module that links them. Their names are their
# SONAMEs and they find each other by $ORIGIN, so plain copies or links in one directory are enough.

include(FindPackageHandleStandardArgs)
include(${CMAKE_CURRENT_LIST_DIR}/MlopsDeps.cmake)

mlops_pinned_wheel(pyarrow ArrowWheel_VERSION)
mlops_find_part("pyarrow-${ArrowWheel_VERSION}" _root)

set(ARROW_RUNTIME_LIBRARIES)
set(ArrowWheel_INCLUDE_DIR)
if(_root)
  foreach(_name arrow arrow_compute arrow_acero parquet)
    file(GLOB _file "${_root}/lib/lib${_name}.so.*")
    set(ArrowWheel_${_name}_LIBRARY "${_file}")
    list(APPEND ARROW_RUNTIME_LIBRARIES ${_file})
  endforeach()
  set(ArrowWheel_INCLUDE_DIR "${_root}/include")
endif()

find_package_handle_standard_args(ArrowWheel
  REQUIRED_VARS ArrowWheel_INCLUDE_DIR
  VERSION_VAR ArrowWheel_VERSION
  REASON_FAILURE_MESSAGE "${MLOPS_DEPS_HINT}")

function(_arrow_wheel_target name library)
  if(NOT TARGET Arrow::${name})
    add_library(Arrow::${name} SHARED IMPORTED)
    set_target_properties(Arrow::${name} PROPERTIES
      IMPORTED_LOCATION "${ArrowWheel_${library}_LIBRARY}"
      INTERFACE_INCLUDE_DIRECTORIES "${ArrowWheel_INCLUDE_DIR}"
      INTERFACE_LINK_LIBRARIES "${ARGN}")
  endif()
endfunction()

if(ArrowWheel_FOUND)
  _arrow_wheel_target(arrow arrow)
  _arrow_wheel_target(compute arrow_compute Arrow::arrow)
  _arrow_wheel_target(acero arrow_acero Arrow::compute Arrow::arrow)
  _arrow_wheel_target(parquet parquet Arrow::arrow)
endif()
unset(_root)
