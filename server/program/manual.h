// Lays out --help as a manual page.
#pragma once

#include <string>

#include "server/program/config.h"

namespace quorate::server {

// Returns the manual page, at most 80 columns wide: the sections NAME, SYNOPSIS, DESCRIPTION,
// OPTIONS and ENVIRONMENT, then the sections of `options.manual`.
std::string RenderManual(const ProgramOptions& options);

}  // namespace quorate::server
