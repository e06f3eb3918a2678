#include "tests/fuzz/properties.h"

#include <google/protobuf/stubs/common.h>

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "base/check.h"

namespace quorate::fuzz {

void CheckLine(std::string_view text) {
  const std::string line(text);
  CHECK(std::none_of(line.begin(), line.end(),
                     [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; }))
      << "a control character in: " << absl::CHexEscape(line);
  CHECK(google::protobuf::internal::IsStructurallyValidUTF8(line.data(),
                                                            static_cast<int>(line.size())))
      << "not UTF-8: " << absl::CHexEscape(line);
}

void CheckErrorText(std::string_view text) {
  CHECK(!text.empty()) << "an error without a text";
  CHECK_LE(text.size(), kMaxErrorBytes) << text.substr(0, kMaxErrorBytes);
  CheckLine(text);
}

void CheckError(const absl::Status& status) {
  CHECK(!status.ok());
  CheckErrorText({status.message().data(), status.message().size()});
}

}  // namespace quorate::fuzz
