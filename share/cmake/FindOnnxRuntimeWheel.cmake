# Find ONNX Runtime as unpacked by share/setup/install: the library of the wheel pinned in share/setup/wheels.txt, the API
# headers of the Debian package pinned in share/setup/headers.txt.
#
# Defines OnnxRuntime::headers (onnxruntime_c_api.h, onnxruntime_cxx_api.h; nothing to link: the library is opened at run
# time, so the C++ API wants Ort::InitApi(api) first), ONNXRUNTIME_LIBRARY (the full path of the library),
# ONNXRUNTIME_SONAME (the name to open and to install it under), ONNXRUNTIME_RUNTIME_LIBRARIES (the files to put beside a
# module that opens it) and OnnxRuntimeWheel_VERSION.

include(FindPackageHandleStandardArgs)
include(${CMAKE_CURRENT_LIST_DIR}/MlopsDeps.cmake)

mlops_pinned_wheel(onnxruntime OnnxRuntimeWheel_VERSION)
mlops_pinned_headers(_headers_version)
mlops_find_part("onnxruntime-${OnnxRuntimeWheel_VERSION}" _library_root)
mlops_find_part("onnxruntime-headers-${_headers_version}" _headers_root)

set(ONNXRUNTIME_SONAME libonnxruntime.so.1)
set(ONNXRUNTIME_LIBRARY)
set(OnnxRuntimeWheel_INCLUDE_DIR)
if(_library_root)
  set(ONNXRUNTIME_LIBRARY "${_library_root}/lib/${ONNXRUNTIME_SONAME}")
endif()
if(_headers_root)
  set(OnnxRuntimeWheel_INCLUDE_DIR "${_headers_root}/include")
endif()
set(ONNXRUNTIME_RUNTIME_LIBRARIES ${ONNXRUNTIME_LIBRARY})

find_package_handle_standard_args(OnnxRuntimeWheel
  REQUIRED_VARS ONNXRUNTIME_LIBRARY OnnxRuntimeWheel_INCLUDE_DIR
  VERSION_VAR OnnxRuntimeWheel_VERSION
  REASON_FAILURE_MESSAGE "${MLOPS_DEPS_HINT}")

if(OnnxRuntimeWheel_FOUND AND NOT TARGET OnnxRuntime::headers)
  add_library(OnnxRuntime::headers INTERFACE IMPORTED)
  set_target_properties(OnnxRuntime::headers PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${OnnxRuntimeWheel_INCLUDE_DIR}"
    INTERFACE_COMPILE_DEFINITIONS ORT_API_MANUAL_INIT)
endif()
foreach(_name headers_version library_root headers_root)
  unset(_${_name})
endforeach()
