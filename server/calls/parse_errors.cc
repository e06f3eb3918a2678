#include "server/calls/parse_errors.h"

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "client/status_mapping.h"
#include "server/node/refused_error.h"

namespace quorate::server {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

// The field whose string was not valid UTF-8 in the message that this thread parsed last. protobuf
// reports it only in its log. gRPC creates the interceptor, parses the message and runs the
// interceptor on one thread.
thread_local std::string field_not_utf8;

void OnProtobufLog(google::protobuf::LogLevel level, const char* file, int line,
                   const std::string& message) {
  if (message.find("invalid UTF-8") != std::string::npos) {
    // "String field 'NAME' contains …".
    const std::vector<std::string> parts = absl::StrSplit(message, '\'');
    field_not_utf8 = parts.size() > 1 ? parts[1] : "a string";
    return;
  }
  const auto severity =
      level == google::protobuf::LOGLEVEL_INFO ? google::GLOG_INFO : google::GLOG_WARNING;
  google::LogMessage(file, line, severity).stream() << "protobuf: " << message;
}

common::v1::Error ParseError(const std::string& method, const std::string& field) {
  return MakeError(
      common::v1::INVALID_REQUEST,
      field.empty()
          ? absl::StrFormat("the message does not parse as a request of %s", method)
          : absl::StrFormat("the request's field %s is not valid UTF-8; every string must be",
                            field));
}

class ParseErrorReporter final : public grpc::experimental::Interceptor {
 public:
  explicit ParseErrorReporter(const ServerRpcInfo* info) : info_(info) { field_not_utf8.clear(); }

  void Intercept(InterceptorBatchMethods* methods) override {
    // At the end of a stream a message that cannot be read is not an error. Only a method that
    // takes exactly one request fails because of it.
    if (TakesOneRequest() &&
        methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        methods->GetRecvMessage() == nullptr) {
      failed_ = true;
      field_ = std::exchange(field_not_utf8, "");
    }
    if (failed_ && methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      methods->ModifySendStatus(Refusal());
    }
    methods->Proceed();
  }

 private:
  bool TakesOneRequest() const {
    return info_->type() == ServerRpcInfo::Type::UNARY ||
           info_->type() == ServerRpcInfo::Type::SERVER_STREAMING;
  }

  grpc::Status Refusal() const {
    return client::StatusFromError(ParseError(info_->method(), field_));
  }

  const ServerRpcInfo* const info_;
  bool failed_ = false;
  std::string field_;
};

class ParseErrorReporterFactory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    return new ParseErrorReporter(info);
  }
};

}  // namespace

void RedirectProtobufLog() { google::protobuf::SetLogHandler(OnProtobufLog); }

std::optional<common::v1::Error> ParseRequest(const std::string& method, grpc::ByteBuffer* bytes,
                                              google::protobuf::Message* request) {
  field_not_utf8.clear();
  if (grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::Message>(bytes, request)
          .ok()) {
    return std::nullopt;
  }
  return ParseError(method, std::exchange(field_not_utf8, ""));
}

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> MakeParseErrorReporter() {
  return std::make_unique<ParseErrorReporterFactory>();
}

}  // namespace quorate::server
