// Writes docs/configuration.md from the declarations of the options.
#pragma once

#include <string>

#include "server/program/config.h"

namespace quorate::server {

// Returns the options of one program as sections of the document.
std::string DescribeOptions(const ProgramOptions& options);

// Returns the complete file. `programs` is what DescribeOptions returned for each program.
std::string ConfigDocument(const std::vector<std::string>& programs);

}  // namespace quorate::server
