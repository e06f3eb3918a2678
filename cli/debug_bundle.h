// quoratectl debug bundle: one archive with everything that a bug report needs.
#pragma once

#include "cli/command_line.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

void AddDebugBundle(CommandLine& line, CLI::App* debug);

// Returns the topics without the values of configs that may be secret.
admin::v1::DescribeTopicsResponse WithoutSecrets(admin::v1::DescribeTopicsResponse topics);

}  // namespace quorate::cli
