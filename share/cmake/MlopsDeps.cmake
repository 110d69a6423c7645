# Where share/setup/install unpacks what is no Debian package, and which versions it pins: shared by the find modules here.

include_guard(GLOBAL)

function(_mlops_default_deps_dir out)
  if(DEFINED ENV{MLOPS_DEPS})
    set(dir "$ENV{MLOPS_DEPS}")
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(dir "$ENV{XDG_CACHE_HOME}/mlops/deps")
  else()
    set(dir "$ENV{HOME}/.cache/mlops/deps")
  endif()
  set(${out} "${dir}" PARENT_SCOPE)
endfunction()

_mlops_default_deps_dir(_default)
set(MLOPS_DEPS_DIR "${_default}" CACHE PATH "Where share/setup/install unpacked Arrow and ONNX Runtime")
unset(_default)
set(MLOPS_SETUP_DIR "${CMAKE_CURRENT_LIST_DIR}/../setup")
set(MLOPS_DEPS_HINT "hint: share/setup/install unpacks it into ${MLOPS_DEPS_DIR} (MLOPS_DEPS_DIR)")

# The version that wheels.txt pins for a PyPI package. Changing a file of pins reruns CMake.
function(mlops_pinned_wheel package out)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${MLOPS_SETUP_DIR}/wheels.txt")
  file(STRINGS "${MLOPS_SETUP_DIR}/wheels.txt" line REGEX "^${package}==")
  string(REGEX REPLACE "^${package}==([^ ]+).*" "\\1" version "${line}")
  set(${out} "${version}" PARENT_SCOPE)
endfunction()

# The upstream version of the Debian package that headers.txt pins.
function(mlops_pinned_headers out)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${MLOPS_SETUP_DIR}/headers.txt")
  file(STRINGS "${MLOPS_SETUP_DIR}/headers.txt" line REGEX "^[^# ]+ ")
  string(REGEX REPLACE "^[^ ]+ [^ ]+ ([0-9.]+).*" "\\1" version "${line}")
  set(${out} "${version}" PARENT_SCOPE)
endfunction()

# out: the directory of that part if it was unpacked to the end, else empty.
function(mlops_find_part name out)
  set(dir "${MLOPS_DEPS_DIR}/${name}")
  if(NOT EXISTS "${dir}/.complete")
    set(dir "")
  endif()
  set(${out} "${dir}" PARENT_SCOPE)
endfunction()
