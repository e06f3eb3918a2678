#include "server/broker/broker_metadata_source.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <utility>

#include "quorate/metadata/v1/metadata_service.grpc.pb.h"

namespace quorate::server {

using metadata::v1::SubscribeRequest;
using metadata::v1::SubscribeResponse;

// The broker's end of one subscription stream. Used only on the loop: gRPC's threads post to it and
// do nothing else. The subscription keeps itself alive until gRPC is done with it.
class BrokerMetadataSource::Subscription final : public grpc::ClientReadReactor<SubscribeResponse>,
                                                 public std::enable_shared_from_this<Subscription> {
 public:
  using EventHandler = absl::AnyInvocable<void(broker::MetadataEvent)>;

  Subscription(std::string endpoint, SubscribeRequest request, Executor* loop, BrokerCalls* calls,
               EventHandler on_event)
      : endpoint_(std::move(endpoint)),
        request_(std::move(request)),
        loop_(loop),
        calls_(calls),
        on_event_(std::move(on_event)) {}

  void Start() {
    const std::shared_ptr<grpc::Channel> channel = calls_->Dial(endpoint_);
    if (channel == nullptr || !calls_->Add({shared_from_this(), &context_})) {
      loop_->Post(
          [self = shared_from_this()] { self->Deliver(CallEnd(CannotDial(self->endpoint_))); });
      return;
    }
    self_ = shared_from_this();
    stub_ = metadata::v1::MetadataService::NewStub(channel);
    stub_->async()->Subscribe(&context_, &request_, this);
    // A hold, because reads are started on the loop and not from a gRPC callback.
    AddHold();
    StartRead(&response_);
    StartCall();
  }

  // Ends the subscription. No event is delivered afterwards.
  void End() {
    ended_ = true;
    if (self_ != nullptr) context_.TryCancel();
  }

 private:
  void OnReadDone(bool ok) override {
    loop_->Post([this, ok] {
      if (!ok) {
        RemoveHold();
        return;
      }
      Deliver(std::move(response_));
      // The next read starts only now, so that a slow broker slows down the controller's stream.
      StartRead(&response_);
    });
  }

  void OnDone(const grpc::Status& status) override {
    loop_->Post([this, status] {
      // The call and its channel are destroyed at the end of this task (broker_calls.h).
      const std::shared_ptr<Subscription> self = std::move(self_);
      Deliver(CallEnd(status));
      calls_->Remove(&context_);
    });
  }

  void Deliver(broker::MetadataEvent event) {
    if (!ended_) on_event_(std::move(event));
  }

  const std::string endpoint_;
  const SubscribeRequest request_;
  Executor* const loop_;
  BrokerCalls* const calls_;
  EventHandler on_event_;
  grpc::ClientContext context_;
  std::unique_ptr<metadata::v1::MetadataService::Stub> stub_;
  std::shared_ptr<Subscription> self_;
  SubscribeResponse response_;
  bool ended_ = false;
};

BrokerMetadataSource::~BrokerMetadataSource() = default;

void BrokerMetadataSource::Subscribe(const std::string& endpoint, SubscribeRequest request,
                                     absl::AnyInvocable<void(broker::MetadataEvent)> on_event) {
  Unsubscribe();
  subscription_ = std::make_shared<Subscription>(endpoint, std::move(request), loop_, calls_,
                                                 std::move(on_event));
  subscription_->Start();
}

void BrokerMetadataSource::Unsubscribe() {
  if (subscription_ != nullptr) subscription_->End();
  subscription_.reset();
}

}  // namespace quorate::server
