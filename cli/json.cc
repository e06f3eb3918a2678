#include "cli/json.h"

#include <google/protobuf/descriptor.h>

#include <optional>
#include <ostream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "base/uuid.h"

namespace quorate::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string Dumped(const Json& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::string BytesText(const std::string& bytes) {
  const std::optional<Uuid> uuid = Uuid::FromBytes(bytes);
  return uuid.has_value() ? uuid->ToString() : absl::BytesToHexString(bytes);
}

std::string StringText(const FieldDescriptor* field, const std::string& value) {
  return field->type() == FieldDescriptor::TYPE_BYTES ? BytesText(value) : value;
}

Json SingleValue(const Message& message, const FieldDescriptor* field) {
  const Reflection& fields = *message.GetReflection();
  if (field->has_presence() && !fields.HasField(message, field)) return nullptr;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return fields.GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return fields.GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return fields.GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return fields.GetBool(message, field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return fields.GetEnum(message, field)->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return StringText(field, fields.GetString(message, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ToJson(fields.GetMessage(message, field));
    default:
      LOG(FATAL) << "unsupported field type: " << field->full_name();
  }
}

Json RepeatedValue(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection& fields = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return fields.GetRepeatedInt32(message, field, index);
    case FieldDescriptor::CPPTYPE_INT64:
      return fields.GetRepeatedInt64(message, field, index);
    case FieldDescriptor::CPPTYPE_BOOL:
      return fields.GetRepeatedBool(message, field, index);
    case FieldDescriptor::CPPTYPE_ENUM:
      return fields.GetRepeatedEnum(message, field, index)->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return StringText(field, fields.GetRepeatedString(message, field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ToJson(fields.GetRepeatedMessage(message, field, index));
    default:
      LOG(FATAL) << "unsupported field type: " << field->full_name();
  }
}

}  // namespace

Json ToJson(const Message& message) {
  Json json = Json::object();
  const auto* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (!field->is_repeated()) {
      json[field->name()] = SingleValue(message, field);
      continue;
    }
    Json items = Json::array();
    for (int k = 0; k < message.GetReflection()->FieldSize(message, field); ++k) {
      items.push_back(RepeatedValue(message, field, k));
    }
    json[field->name()] = std::move(items);
  }
  return json;
}

Json ToJson(const client::CallFailure& failure, const std::string& request_id) {
  Json error = Json::object();
  switch (failure.kind) {
    case client::FailureKind::kRefused:
      error["kind"] = "refused";
      break;
    case client::FailureKind::kUnreachable:
      error["kind"] = "unreachable";
      break;
    case client::FailureKind::kUnknown:
      error["kind"] = "unknown";
      break;
  }
  error["code"] = common::v1::ErrorCode_Name(failure.error.code());
  error["outcome"] = common::v1::Outcome_Name(failure.error.outcome());
  error["message"] = failure.error.message();
  error["request_id"] = request_id.empty() ? Json(nullptr) : Json(request_id);
  Json endpoints = Json::array();
  for (const client::EndpointAnswer& answer : failure.answers) {
    const bool tried = answer.attempts > 0;
    endpoints.push_back(
        {{"endpoint", answer.endpoint},
         {"attempts", answer.attempts},
         {"code", tried ? Json(common::v1::ErrorCode_Name(answer.last.code())) : Json(nullptr)},
         {"message", tried ? Json(answer.last.message()) : Json(nullptr)}});
  }
  error["endpoints"] = std::move(endpoints);
  return {{"error", std::move(error)}};
}

Json ToJson(const absl::Status& status) {
  return {{"error",
           {{"kind", "refused"},
            {"code", absl::StatusCodeToString(status.code())},
            {"outcome", common::v1::Outcome_Name(common::v1::REFUSED)},
            {"message", std::string(status.message())},
            {"request_id", nullptr},
            {"endpoints", Json::array()}}}};
}

std::string JsonText(const Json& json) { return Dumped(json) + "\n"; }

JsonListPrinter::JsonListPrinter(std::ostream* out, std::string_view name) : out_(out) {
  *out_ << "{\n  " << Dumped(Json(name)) << ": [";
}

void JsonListPrinter::Add(const Json& item) {
  *out_ << (std::exchange(empty_, false) ? "\n    " : ",\n    ")
        << absl::StrReplaceAll(Dumped(item), {{"\n", "\n    "}});
}

void JsonListPrinter::Finish(const Json& others) {
  *out_ << (empty_ ? "]" : "\n  ]");
  for (const auto& [name, value] : others.items()) {
    *out_ << ",\n  " << Dumped(Json(name)) << ": "
          << absl::StrReplaceAll(Dumped(value), {{"\n", "\n  "}});
  }
  *out_ << "\n}\n";
}

}  // namespace quorate::cli
