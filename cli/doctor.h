// quoratectl doctor: asks all processes, and prints what is wrong and what to do.
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/diagnosis.h"
#include "cli/json.h"

namespace quorate::cli {

void AddDoctor(CommandLine& line);

// Returns the findings as a JSON document.
Json FindingsJson(const std::vector<Finding>& findings);

// Returns the findings as text, the most severe first, and a last line that counts them.
std::string FindingsText(const std::vector<Finding>& findings);

}  // namespace quorate::cli
