#include "controller/decide/topics/repeated_names.h"

#include "absl/strings/str_format.h"
#include "base/quote.h"

namespace quorate::controller {

ItemError RepeatedNames::CheckOnce(const std::string& name) const {
  const int times = times_named_.at(name);
  if (times == 1) return std::nullopt;
  return MakeItemError(
      common::v1::INVALID_REQUEST,
      absl::StrFormat("the request names topic %s %d times; name it once", Quote(name), times));
}

}  // namespace quorate::controller
