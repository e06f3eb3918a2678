#include "controller/decide/request_size.h"

#include "absl/strings/str_format.h"
#include "controller/answer.h"

namespace quorate::controller {

std::optional<common::v1::Error> CheckCount(int64_t count, int64_t limit, std::string_view what) {
  if (count <= limit) return std::nullopt;
  return MakeError(common::v1::POLICY_VIOLATION,
                   absl::StrFormat("the request has %d %s; one request may have at most %d: split "
                                   "it, or raise the limit of the controllers",
                                   count, what, limit));
}

}  // namespace quorate::controller
