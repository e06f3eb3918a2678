// What the broker's gRPC adapters share: which calls are under way, so that they can be ended and
// waited for before what they call back goes away; how a call is dialled; how a stream's end reads.
//
// A call goes away, with its channel, on the loop that made it and never on gRPC's own threads:
// with the last channel of a process gRPC 1.51 joins those threads.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::server {

// Thread-safe.
class BrokerCalls {
 public:
  // The call of `context` begins. False: the group has ended, and the call must not be made.
  [[nodiscard]] bool Add(std::shared_ptr<grpc::ClientContext> context);
  // gRPC is done with it. On the loop that made it.
  void Remove(const grpc::ClientContext* context);
  // Cancels every call and waits until all were removed. No call begins any more. While the loops
  // run, but not on them.
  void CancelAndWait();

 private:
  Mutex mutex_;
  CondVar removed_;
  std::map<const grpc::ClientContext*, std::shared_ptr<grpc::ClientContext>> contexts_
      ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// A new channel to `endpoint`, or null: it is not HOST:PORT.
std::shared_ptr<grpc::Channel> DialController(const std::string& endpoint);

// How a call that should have gone on ended, as an error. Ending in good order is one, too.
common::v1::Error CallEnd(const grpc::Status& status);

// The end of a call that cannot be made: the endpoint is not one, or the group has ended.
grpc::Status CannotDial(const std::string& endpoint);

}  // namespace quorate::server
