// The common part of the main functions of the benchmarks.
#pragma once

#include <exception>
#include <iostream>

namespace quorate::bench {

// Returns the exit status of `run`. If `run` throws, prints the error after the program's `name`
// and returns 1.
inline int RunProgram(const char* name, int (*run)(int, char**), int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << "\n";
    return 1;
  }
}

}  // namespace quorate::bench
