// A gRPC service that is assembled from its methods. The generated service classes receive a whole
// request before our code can refuse it; this one admits a call first (unary_call.h).
#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "base/instruments.h"
#include "server/calls/unary_call.h"
#include "server/node/call_instruments.h"

namespace quorate::server {

class MethodService : public grpc::Service {
 public:
  MethodService() = default;
  MethodService(const MethodService&) = delete;
  MethodService& operator=(const MethodService&) = delete;

  // Calls `fn(path, instruments)` for each unary method. Any thread.
  template <typename Fn>
  void ForEachUnary(Fn fn) const {
    for (const UnaryMethod& method : unary_methods_) fn(method.path, *method.instruments);
  }
  // Calls `fn(path)` for each method whose calls are in the audit log.
  template <typename Fn>
  void ForEachAudited(Fn fn) const {
    for (const UnaryMethod& method : unary_methods_) {
      if (method.audit) fn(method.path);
    }
  }
  // Calls `fn(path, started)` for each stream; `started` counts the streams that clients opened.
  // Any thread.
  template <typename Fn>
  void ForEachStream(Fn fn) const {
    for (const Stream& stream : streams_) fn(stream.path, stream.started);
  }

 protected:
  // Adds a unary method. AddUnary and AddStream must be called before the server starts. A path is
  // "/package.Service/Method".
  void AddUnary(UnaryMethod method) {
    method.instruments = &instruments_.emplace_back();
    const UnaryMethod* added = &unary_methods_.emplace_back(std::move(method));
    Serve<grpc::ByteBuffer, grpc::ByteBuffer>(
        added->path,
        [added](grpc::CallbackServerContext* context) { return new UnaryCall(context, added); });
  }

  // Adds a bidirectional stream. `accept` creates the reactor of each call.
  template <typename Request, typename Response>
  void AddStream(
      std::string path,
      std::function<grpc::ServerBidiReactor<Request, Response>*(grpc::CallbackServerContext*)>
          accept) {
    Stream& stream = streams_.emplace_back();
    stream.path = std::move(path);
    Serve<Request, Response>(
        stream.path, [&stream, accept = std::move(accept)](grpc::CallbackServerContext* context) {
          stream.started.Add();
          return accept(context);
        });
  }

 private:
  struct Stream {
    std::string path;
    Counter started;
  };

  template <typename Request, typename Response>
  void Serve(
      std::string path,
      std::function<grpc::ServerBidiReactor<Request, Response>*(grpc::CallbackServerContext*)>
          accept) {
    const std::string& name = paths_.emplace_back(std::move(path));
    // The same calls as in generated code.
    AddMethod(new grpc::internal::RpcServiceMethod(
        name.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING, nullptr));
    MarkMethodRawCallback(
        static_cast<int>(paths_.size()) - 1,
        new grpc::internal::CallbackBidiHandler<Request, Response>(std::move(accept)));
  }

  // Deques, because others keep pointers to the elements.
  std::deque<std::string> paths_;
  std::deque<Stream> streams_;
  std::deque<CallInstruments> instruments_;
  std::deque<UnaryMethod> unary_methods_;
};

}  // namespace quorate::server
