// How both dumps (record_text.cc, image_text.cc) write what they share. Internal to metadata/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "metadata/metadata_image.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::metadata {

// Quoted, and on one line whatever it contains.
inline std::string Quoted(std::string_view text) {
  return absl::StrCat("\"", absl::CHexEscape({text.data(), text.size()}), "\"");
}

// "topic", "broker", or the number.
inline std::string ConfigResourceText(ConfigResourceType type) {
  switch (type) {
    case ConfigResourceType::kTopic:
      return "topic";
    case ConfigResourceType::kBroker:
      return "broker";
  }
  return absl::StrCat("type-", static_cast<int>(type));
}

// "OK", or the error code's name or number.
inline std::string CodeText(int32_t code) {
  if (code == 0) return "OK";
  const std::string& name = common::v1::ErrorCode_Name(code);
  return name.empty() ? absl::StrCat(code) : name;
}

}  // namespace quorate::metadata
