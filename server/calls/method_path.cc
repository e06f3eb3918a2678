#include "server/calls/method_path.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "google/protobuf/descriptor.h"

namespace quorate::server {

std::string MethodPath(const google::protobuf::Message& request) {
  const google::protobuf::Descriptor* type = request.GetDescriptor();
  std::string path;
  for (int i = 0; i < type->file()->service_count(); ++i) {
    const google::protobuf::ServiceDescriptor* service = type->file()->service(i);
    for (int j = 0; j < service->method_count(); ++j) {
      if (service->method(j)->input_type() != type) continue;
      CHECK(path.empty()) << "two methods take " << type->full_name();
      path = absl::StrCat("/", service->full_name(), "/", service->method(j)->name());
    }
  }
  CHECK(!path.empty()) << "no method takes " << type->full_name();
  return path;
}

}  // namespace quorate::server
