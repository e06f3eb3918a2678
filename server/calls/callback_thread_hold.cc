#include "server/calls/callback_thread_hold.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>

#include <thread>

namespace quorate::server {
namespace {

// gRPC starts one callback thread for every two processors, and at least two.
constexpr unsigned kMostProcessors = 5;

grpc::ByteBuffer EmptyMessage() {
  const grpc::Slice empty("");
  return grpc::ByteBuffer(&empty, 1);
}

}  // namespace

// A call that is cancelled before it starts, for the sake of its callback. It uses no network.
struct CallbackThreadHold::Call {
  std::shared_ptr<grpc::Channel> channel =
      grpc::CreateChannel("unix:/nonexistent", grpc::InsecureChannelCredentials());
  grpc::GenericStub stub{channel};
  grpc::ClientContext context;
  grpc::ByteBuffer request = EmptyMessage();
  grpc::ByteBuffer response;
};

bool CallbackThreadHold::IsUseful() {
  return std::thread::hardware_concurrency() <= kMostProcessors;
}

CallbackThreadHold::CallbackThreadHold() : call_(std::make_unique<Call>()) {
  call_->context.TryCancel();
  call_->stub.UnaryCall(&call_->context, "/quorate.Hold/Hold", grpc::StubOptions(), &call_->request,
                        &call_->response, [this](const grpc::Status& /*cancelled*/) { Hold(); });
}

CallbackThreadHold::~CallbackThreadHold() {
  MutexLock lock(&mutex_);
  is_released_ = true;
  changed_.NotifyAll();
  while (!has_left_) changed_.Wait(&mutex_);
}

void CallbackThreadHold::Hold() {
  MutexLock lock(&mutex_);
  while (!is_released_) changed_.Wait(&mutex_);
  has_left_ = true;
  changed_.NotifyAll();
}

}  // namespace quorate::server
