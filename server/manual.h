// --help as a manual page: apart from config.cc because it only lays out text.
#pragma once

#include <string>

#include "server/config.h"

namespace quorate::server {

// Sections NAME, SYNOPSIS, DESCRIPTION, OPTIONS, ENVIRONMENT and those of the manual, at most 80
// columns wide.
std::string RenderManual(const ProgramOptions& options);

}  // namespace quorate::server
