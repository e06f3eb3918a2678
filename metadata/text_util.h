// Text that several families write. Internal to metadata/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/uuid.h"
#include "metadata/config_resource.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::metadata {

// Returns the text in quotes, escaped so that it stays on one line.
inline std::string Quoted(std::string_view text) {
  return absl::StrCat("\"", absl::CHexEscape({text.data(), text.size()}), "\"");
}

// Returns the text of a uuid in a record, or how many bytes there are if it is malformed.
inline std::string IdText(const std::string& bytes) {
  const std::optional<Uuid> id = Uuid::FromBytes(bytes);
  return id.has_value() ? id->ToString() : absl::StrCat("(", bytes.size(), " bytes)");
}

// Returns "topic" or "broker", or "type-" and the number of another type.
inline std::string ConfigResourceText(ConfigResourceType type) {
  switch (type) {
    case ConfigResourceType::kTopic:
      return "topic";
    case ConfigResourceType::kBroker:
      return "broker";
  }
  return absl::StrCat("type-", static_cast<int>(type));
}

// Returns "OK", the name of the error code, or its number if the code is unknown.
inline std::string CodeText(int32_t code) {
  if (code == 0) return "OK";
  const std::string& name = common::v1::ErrorCode_Name(code);
  return name.empty() ? absl::StrCat(code) : name;
}

}  // namespace quorate::metadata
