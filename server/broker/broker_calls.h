// Shared by the broker's gRPC adapters: the set of calls in flight, how a controller is dialled,
// and how the end of a call becomes an error.
//
// A call and its channel are always destroyed on the loop that made the call, never on one of
// gRPC's threads: when the last channel of a process is destroyed, gRPC 1.51 joins those threads.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "quorate/common/v1/error.pb.h"
#include "security/tls_store.h"

namespace quorate::server {

// Tracks the calls in flight, so that they can be cancelled and awaited before the objects that
// they call back are destroyed. Thread-safe.
class BrokerCalls {
 public:
  // `tls` secures the channels to controllers (null: plain text) and must outlive this object.
  explicit BrokerCalls(const security::TlsStore* tls = nullptr) : tls_(tls) {}

  // Returns a new channel to `endpoint` with the current certificates, or null if `endpoint` is not
  // HOST:PORT.
  std::shared_ptr<grpc::Channel> Dial(const std::string& endpoint) const;
  const security::TlsStore* tls() const { return tls_; }

  // Adds the call of `context`, which is about to begin. Returns false after CancelAndWait; then
  // the call must not be made.
  [[nodiscard]] bool Add(std::shared_ptr<grpc::ClientContext> context);
  // Removes a call that gRPC is done with. Call it on the loop that made the call.
  void Remove(const grpc::ClientContext* context);
  // Cancels every call and waits until all have been removed. No call can begin afterwards. The
  // loops must still run; it must not be called on one of them.
  void CancelAndWait();

 private:
  const security::TlsStore* const tls_;
  Mutex mutex_;
  CondVar removed_;
  std::map<const grpc::ClientContext*, std::shared_ptr<grpc::ClientContext>> contexts_
      ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// Converts the status of a call that has failed, or of a stream that should not have ended, into an
// error. A stream that ended with OK becomes CONTROLLER_NOT_AVAILABLE.
common::v1::Error CallEnd(const grpc::Status& status);

// Returns the status of a call that cannot be made: `endpoint` is not HOST:PORT, or the BrokerCalls
// have ended.
grpc::Status CannotDial(const std::string& endpoint);

}  // namespace quorate::server
