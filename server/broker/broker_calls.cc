#include "server/broker/broker_calls.h"

#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/host_port.h"
#include "client/channel.h"
#include "client/status_mapping.h"

namespace quorate::server {

bool BrokerCalls::Add(std::shared_ptr<grpc::ClientContext> context) {
  MutexLock lock(&mutex_);
  if (ended_) return false;
  const grpc::ClientContext* key = context.get();
  contexts_.emplace(key, std::move(context));
  return true;
}

void BrokerCalls::Remove(const grpc::ClientContext* context) {
  std::shared_ptr<grpc::ClientContext> doomed;  // destroyed after the lock is released
  MutexLock lock(&mutex_);
  const auto entry = contexts_.find(context);
  if (entry == contexts_.end()) return;
  doomed = std::move(entry->second);
  contexts_.erase(entry);
  removed_.NotifyAll();
}

void BrokerCalls::CancelAndWait() {
  std::vector<std::shared_ptr<grpc::ClientContext>> contexts;
  {
    MutexLock lock(&mutex_);
    ended_ = true;
    for (const auto& [key, context] : contexts_) contexts.push_back(context);
  }
  // Without the lock, because TryCancel may call back, and the callback calls Remove.
  for (const auto& context : contexts) context->TryCancel();
  MutexLock lock(&mutex_);
  while (!contexts_.empty()) removed_.Wait(&mutex_);
}

std::shared_ptr<grpc::Channel> BrokerCalls::Dial(const std::string& endpoint) const {
  const absl::StatusOr<HostPort> parsed = ParseAdvertised(endpoint);
  return parsed.ok() ? client::MakeChannel(*parsed, tls_) : nullptr;
}

common::v1::Error CallEnd(const grpc::Status& status) {
  if (!status.ok()) return client::ErrorFromStatus(status);
  common::v1::Error error;
  error.set_code(common::v1::CONTROLLER_NOT_AVAILABLE);
  error.set_message("the controller ended the stream");
  return error;
}

grpc::Status CannotDial(const std::string& endpoint) {
  return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                      absl::StrFormat("'%s' cannot be dialled", endpoint));
}

}  // namespace quorate::server
