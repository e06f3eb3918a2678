// What the benchmarks' main functions share.
#pragma once

#include <exception>
#include <iostream>

namespace quorate::bench {

// The exit status of `run`. What it throws is printed behind the program's `name`: status 1.
inline int RunProgram(const char* name, int (*run)(int, char**), int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << "\n";
    return 1;
  }
}

}  // namespace quorate::bench
