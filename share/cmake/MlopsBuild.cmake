# How every target of this project is built. A module is an object library `mlops_<name>`: the binary takes the objects of
# all of them and exports their symbols, so that the heavy parts, opened at run time, find one pool and one error type.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# -O2 compiles in less time than the default -O3; the hot loops are OpenSSL's, zstd's and Arrow's.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG" CACHE STRING "" FORCE)

find_program(MLOPS_CCACHE ccache)
if(MLOPS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers need the sloppiness; base_dir lets checkouts in different places share results.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${MLOPS_CCACHE})
endif()

add_library(mlops_options INTERFACE)
target_compile_options(mlops_options INTERFACE -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Wimplicit-fallthrough
  -fstack-protector-strong -D_GLIBCXX_ASSERTIONS -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # Pools of false alarms in g++ 12's inlined library code (gcc bugs 105329, 105651).
  target_compile_options(mlops_options INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-maybe-uninitialized -Wno-dangling-pointer -Wno-array-bounds)
endif()
if(MLOPS_SANITIZE STREQUAL thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # Boost.Asio's fences, which the thread sanitizer does not see; its locks it does.
  target_compile_options(mlops_options INTERFACE -Wno-tsan)
endif()
if(MLOPS_OPTIMIZE_DEBUG)
  target_compile_options(mlops_options INTERFACE -O1)
endif()
if(CMAKE_BUILD_TYPE STREQUAL Release AND NOT MLOPS_SANITIZE)
  target_compile_definitions(mlops_options INTERFACE _FORTIFY_SOURCE=2)
endif()
if(MLOPS_SANITIZE)
  target_compile_options(mlops_options INTERFACE -fsanitize=${MLOPS_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(mlops_options INTERFACE -fsanitize=${MLOPS_SANITIZE})
endif()
target_link_options(mlops_options INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)
# fmt is everywhere, and its definition (FMT_SHARED) must be the same wherever the precompiled header is used.
find_package(fmt REQUIRED)
target_link_libraries(mlops_options INTERFACE fmt::fmt)
target_include_directories(mlops_options INTERFACE ${PROJECT_SOURCE_DIR}/lib ${PROJECT_BINARY_DIR}/generated)

# One id for a build tree: a module refuses to serve a binary of another.
if(NOT MLOPS_BUILD_ID)
  string(RANDOM LENGTH 16 ALPHABET 0123456789abcdef id)
  set(MLOPS_BUILD_ID ${PROJECT_VERSION}-${id} CACHE INTERNAL "")
endif()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/build_id.h CONTENT
  "#pragma once\n#define MLOPS_BUILD_ID \"${MLOPS_BUILD_ID}\"\n#define MLOPS_VERSION \"${PROJECT_VERSION}\"\n")

# mlops_library(NAME USES MODULE… LIBRARIES TARGET…): lib/NAME/*.cpp and its sub-folders, except folders that hold a run-time
# module (module-*). USES draws the arrows: tests/layers holds the includes against them.
function(mlops_library name)
  cmake_parse_arguments(arg "" "" "USES;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/module-[a-z]+/")
  if(NOT sources)
    return()
  endif()
  add_library(mlops_${name} OBJECT ${sources})
  target_link_libraries(mlops_${name} PUBLIC mlops_options ${arg_LIBRARIES})
  set(closure ${name})
  foreach(used ${arg_USES})
    if(TARGET mlops_${used})
    get_target_property(more mlops_${used} MLOPS_CLOSURE)
    list(APPEND closure ${more})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES closure)
  set_target_properties(mlops_${name} PROPERTIES MLOPS_CLOSURE "${closure}")
  foreach(used ${arg_USES})
    if(TARGET mlops_${used})
    target_include_directories(mlops_${name} PUBLIC $<TARGET_PROPERTY:mlops_${used},INTERFACE_INCLUDE_DIRECTORIES>)
    endif()
  endforeach()
  mlops_precompile(mlops_${name})
endfunction()

# Every library and test shares one precompiled header: the containers, fmt and JSON, which nearly all of them read.
function(mlops_precompile target)
  if(NOT TARGET mlops_precompiled)
    file(WRITE ${PROJECT_BINARY_DIR}/generated/precompiled.cpp "")
    add_library(mlops_precompiled OBJECT ${PROJECT_BINARY_DIR}/generated/precompiled.cpp)
    target_link_libraries(mlops_precompiled PUBLIC mlops_options)
    target_precompile_headers(mlops_precompiled PRIVATE <algorithm> <array> <filesystem> <functional> <map> <memory> <mutex>
      <optional> <set> <span> <stop_token> <string> <string_view> <unordered_map> <vector> <fmt/format.h> <nlohmann/json.hpp>)
  endif()
  target_precompile_headers(${target} REUSE_FROM mlops_precompiled)
endfunction()

# Puts the objects of modules and of all that they use into an executable.
function(mlops_link target)
  set(closure)
  foreach(name ${ARGN})
    get_target_property(more mlops_${name} MLOPS_CLOSURE)
    list(APPEND closure ${more})
  endforeach()
  list(REMOVE_DUPLICATES closure)
  foreach(name ${closure})
    target_link_libraries(${target} PRIVATE mlops_${name})
    # The run-time modules of a library are built with whatever may open them.
    get_target_property(modules mlops_${name} MLOPS_MODULES)
    if(modules)
      add_dependencies(${target} ${modules})
    endif()
  endforeach()
endfunction()

# mlops_module(NAME SOURCES_IN FOLDER LIBRARIES …): a shared object beside the binary that links none of our libraries again.
function(mlops_module name)
  cmake_parse_arguments(arg "" "FOLDER" "LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/${arg_FOLDER}/*.cpp)
  add_library(mlops_module_${name} MODULE ${sources})
  target_link_libraries(mlops_module_${name} PRIVATE mlops_options ${arg_LIBRARIES})
  set_target_properties(mlops_module_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${MLOPS_MODULE_DIRECTORY} BUILD_RPATH "$ORIGIN" INSTALL_RPATH "$ORIGIN" BUILD_RPATH_USE_ORIGIN ON)
  install(TARGETS mlops_module_${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR_MLOPS})
  mlops_precompile(mlops_module_${name})
endfunction()
set(CMAKE_INSTALL_LIBDIR_MLOPS lib/mlops)

# Third-party shared libraries that come from a wheel go beside our modules, in the build tree as links.
function(mlops_bundle)
  file(MAKE_DIRECTORY ${MLOPS_MODULE_DIRECTORY})
  foreach(library ${ARGN})
    get_filename_component(file ${library} NAME)
    file(CREATE_LINK ${library} ${MLOPS_MODULE_DIRECTORY}/${file} SYMBOLIC)
    install(FILES ${library} DESTINATION ${CMAKE_INSTALL_LIBDIR_MLOPS})
  endforeach()
endfunction()
