#include "cli/operator_name.h"

#include <pwd.h>
#include <unistd.h>

#include "absl/strings/str_format.h"

namespace quorate::cli {

std::string OperatorName() {
  const passwd* user = getpwuid(getuid());
  return user != nullptr ? user->pw_name : absl::StrFormat("uid %d", getuid());
}

}  // namespace quorate::cli
