#include "client/utf8_check.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"

namespace quorate::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kShownBytes = 64;

std::string Complaint(const std::string& path, const std::string& text) {
  return absl::StrFormat("%s is not UTF-8: '%s'", path, absl::CEscape(text.substr(0, kShownBytes)));
}

// Checks one value of a field: the one at `index` of a repeated field, or the only one if `index`
// is -1.
std::optional<std::string> CheckValue(const Message& message, const FieldDescriptor* field,
                                      int index) {
  const Reflection* reflection = message.GetReflection();
  std::string path = field->name();
  if (index >= 0) absl::StrAppendFormat(&path, "[%d]", index);
  if (field->type() == FieldDescriptor::TYPE_STRING) {
    std::string scratch;
    const std::string& text =
        index < 0 ? reflection->GetStringReference(message, field, &scratch)
                  : reflection->GetRepeatedStringReference(message, field, index, &scratch);
    if (google::protobuf::internal::IsStructurallyValidUTF8(text)) return std::nullopt;
    return Complaint(path, text);
  }
  const Message& child = index < 0 ? reflection->GetMessage(message, field)
                                   : reflection->GetRepeatedMessage(message, field, index);
  const std::optional<std::string> found = FindStringNotUtf8(child);
  return found ? std::optional(path + "." + *found) : std::nullopt;
}

}  // namespace

std::optional<std::string> FindStringNotUtf8(const Message& message) {
  const Reflection* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const bool has_strings = field->type() == FieldDescriptor::TYPE_STRING ||
                             field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (!has_strings) continue;
    const int begin = field->is_repeated() ? 0 : -1;
    const int end = field->is_repeated() ? reflection->FieldSize(message, field) : 0;
    for (int index = begin; index < end; ++index) {
      if (auto found = CheckValue(message, field, index)) return found;
    }
  }
  return std::nullopt;
}

}  // namespace quorate::client
