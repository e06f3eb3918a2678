# The functions that the CMakeLists.txt of every folder uses.

include(CMakeParseArguments)

# Warnings, which are errors, and the optional sanitizers. Only our own targets use them.
add_library(quorate_options INTERFACE)
target_compile_options(quorate_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor
                                                 -Woverloaded-virtual -Werror
                                                 # Designated initialisers omit defaults.
                                                 -Wno-missing-field-initializers)
# When g++ 12 optimises, it reports false positives of these inside libstdc++ and protobuf.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(quorate_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
else()
  target_compile_options(quorate_options INTERFACE -Wthread-safety)
endif()
target_include_directories(quorate_options INTERFACE ${CMAKE_SOURCE_DIR})
if(QUORATE_SANITIZE)
  target_compile_options(quorate_options INTERFACE -fsanitize=${QUORATE_SANITIZE}
                                                   -fno-sanitize-recover=all
                                                   -fno-omit-frame-pointer)
  target_link_options(quorate_options INTERFACE -fsanitize=${QUORATE_SANITIZE})
endif()

# quorate_find_sources(SOURCES TESTS pattern) sets SOURCES to the .cc files of this folder that match the
# pattern, and TESTS to their tests. Such a file needs no entry in a CMakeLists.txt.
function(quorate_find_sources sources tests pattern)
  file(GLOB_RECURSE found RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS ${pattern})
  set(found_tests ${found})
  list(FILTER found EXCLUDE REGEX "_test\\.cc$")
  list(FILTER found_tests INCLUDE REGEX "_test\\.cc$")
  set(${sources} ${found} PARENT_SCOPE)
  set(${tests} ${found_tests} PARENT_SCOPE)
endfunction()

# quorate_library(NAME SOURCES a.cc … DEPENDS target …) adds a library of a folder.
function(quorate_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} PRIVATE quorate_options)
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
endfunction()

# quorate_test(NAME LABEL label SOURCES … DEPENDS … [WORKING_DIRECTORY dir]) adds a GoogleTest
# program. Each of its test cases becomes a ctest case with the label, by which ./run-tests.sh
# selects tests.
function(quorate_test name)
  cmake_parse_arguments(ARG "" "LABEL;WORKING_DIRECTORY" "SOURCES;DEPENDS" ${ARGN})
  if(NOT BUILD_TESTING)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} quorate_options GTest::gmock
                                        GTest::gtest_main)
  if(NOT ARG_WORKING_DIRECTORY)
    set(ARG_WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  gtest_discover_tests(${name} WORKING_DIRECTORY ${ARG_WORKING_DIRECTORY}
                       PROPERTIES LABELS ${ARG_LABEL} DISCOVERY_TIMEOUT 60)
endfunction()
