// What a broker receives on its subscription to the metadata log. The broker trusts the
// controllers, but it must neither end nor go back to an older image.
#include <cstdint>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "base/testing/manual_executor.h"
#include "broker/metadata_follower.h"
#include "broker/testing/fake_metadata_source.h"
#include "tests/fuzz/inputs.pb.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/proto_input.h"

namespace quorate::fuzz {
namespace {

class Listener final : public broker::MetadataFollower::Listener {
 public:
  bool has_failed() const { return has_failed_; }

  void OnImage(const metadata::MetadataImage& before, const metadata::MetadataImage& now) override {
    CHECK(was_replaced_ || now.end_offset() >= before.end_offset()) << "an older image";
    CHECK(was_replaced_ || now.last_epoch() >= before.last_epoch()) << "an older epoch";
    was_replaced_ = false;
  }
  void OnLogReplaced() override { was_replaced_ = true; }
  void OnControllerEpoch(int32_t /*epoch*/) override {}
  void OnReplayFailed(absl::Status status) override {
    CheckError(status);
    has_failed_ = true;
  }

 private:
  bool was_replaced_ = false;
  bool has_failed_ = false;
};

void Receive(const Subscription& subscription) {
  ManualClock clock;
  ManualExecutor executor(&clock);
  broker::FakeMetadataSource source(&executor);
  Listener listener;
  Rng rng(1);
  const broker::BrokerOptions options{.bootstrap = {"controller-1:1", "controller-2:1"}};
  broker::MetadataFollower follower(options, &executor, &clock, &rng, &source, &listener);
  follower.Start();
  for (const SubscriptionEvent& event : subscription.events()) {
    // The follower subscribes again after a while.
    if (!source.is_open()) executor.AdvanceBy(std::chrono::seconds(10));
    if (!source.is_open()) break;
    if (event.has_response()) {
      source.Deliver(event.response());
    } else {
      source.Break(common::v1::Error());
    }
    executor.AdvanceBy(std::chrono::milliseconds(event.pause_ms() % 10'000));
  }
  CHECK(source.is_open() || listener.has_failed() || executor.next_timer() != kNever)
      << "the follower has given up";
  follower.Stop();
}

}  // namespace

const google::protobuf::Message& EmptyInput() { return Subscription::default_instance(); }

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::Subscription subscription;
  if (subscription.ParseFromArray(data, static_cast<int>(size))) {
    quorate::fuzz::Receive(subscription);
  }
  return 0;
}
