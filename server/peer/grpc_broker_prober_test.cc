#include "server/peer/grpc_broker_prober.h"

#include <sys/socket.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "quorate/broker/v1/broker_view_service.grpc.pb.h"
#include "tests/harness/fault_proxy.h"
#include "tests/harness/loopback_socket.h"

namespace quorate::server {
namespace {

using controller::ProbeResult;
using ::quorate::testing::FaultProxy;
using ::quorate::testing::LoopbackSocket;

const BrokerId kBroker(7);

Uuid Incarnation(char c) { return *Uuid::FromBytes(std::string(Uuid::kBytes, c)); }

class BrokerView final : public broker::v1::BrokerViewService::Service {
 public:
  grpc::Status GetIdentity(grpc::ServerContext*, const broker::v1::GetIdentityRequest*,
                           broker::v1::GetIdentityResponse* response) override {
    response->set_broker_id(kBroker.value());
    response->set_incarnation_id(std::string(Incarnation('a').bytes()));
    return grpc::Status::OK;
  }
};

// A gRPC server on a free port, with `service`, or without a service if it is null.
class Server {
 public:
  explicit Server(grpc::Service* service) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    if (service != nullptr) builder.RegisterService(service);
    // A server must have at least one service.
    builder.RegisterCallbackGenericService(&generic_);
    server_ = builder.BuildAndStart();
  }
  ~Server() { server_->Shutdown(); }

  uint16_t port() const { return static_cast<uint16_t>(port_); }

 private:
  grpc::CallbackGenericService generic_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class GrpcBrokerProberTest : public ::testing::Test {
 protected:
  ProbeResult ProbeAndWait(metadata::Endpoint endpoint, BrokerId broker, const Uuid& incarnation) {
    auto answer = std::make_shared<std::promise<ProbeResult>>();
    prober_.Probe(endpoint, broker, incarnation,
                  [answer](ProbeResult result) { answer->set_value(result); });
    return answer->get_future().get();
  }

  ProbeResult ProbeAndWait(uint16_t port, BrokerId broker = kBroker, char incarnation = 'a') {
    return ProbeAndWait({"127.0.0.1", port}, broker, Incarnation(incarnation));
  }

  GrpcBrokerProber prober_{{}};
};

TEST_F(GrpcBrokerProberTest, ABrokerIsKnownByItsIncarnation) {
  BrokerView view;
  const Server server(&view);
  EXPECT_EQ(ProbeAndWait(server.port()), ProbeResult::kSameIncarnation);
  EXPECT_EQ(ProbeAndWait({"localhost", server.port()}, kBroker, Incarnation('a')),
            ProbeResult::kSameIncarnation);
  EXPECT_EQ(ProbeAndWait(server.port(), kBroker, 'b'), ProbeResult::kOtherIncarnation);
  EXPECT_EQ(ProbeAndWait(server.port(), BrokerId(8), 'a'), ProbeResult::kOtherIncarnation);
}

TEST_F(GrpcBrokerProberTest, AnotherServerIsAnotherIncarnation) {
  const Server server(nullptr);
  EXPECT_EQ(ProbeAndWait(server.port()), ProbeResult::kOtherIncarnation);
}

TEST_F(GrpcBrokerProberTest, NobodyListeningIsRefused) {
  const LoopbackSocket bound;
  EXPECT_EQ(ProbeAndWait(bound.port()), ProbeResult::kRefused);
}

TEST_F(GrpcBrokerProberTest, ANameThatDoesNotExistIsNoAnswer) {
  EXPECT_EQ(ProbeAndWait({std::string(64, 'x'), 9092}, kBroker, Incarnation('a')),
            ProbeResult::kNoAnswer);
}

TEST_F(GrpcBrokerProberTest, AListenerThatSaysNothingIsNoAnswer) {
  LoopbackSocket listener;
  listener.Listen();
  EXPECT_EQ(ProbeAndWait(listener.port()), ProbeResult::kNoAnswer);
}

TEST_F(GrpcBrokerProberTest, AConnectionThatAlwaysBreaksIsNoAnswer) {
  const LoopbackSocket bound;
  FaultProxy proxy(bound.port());
  EXPECT_EQ(ProbeAndWait(proxy.port()), ProbeResult::kNoAnswer);
}

// Behaves like a process that is being killed: its listener accepts the connection, and then its
// sockets close.
TEST_F(GrpcBrokerProberTest, AConnectionThatBreaksAndIsThenRefusedIsRefused) {
  LoopbackSocket silent;
  silent.Listen();
  FaultProxy proxy(silent.port());
  auto answer = std::make_shared<std::promise<ProbeResult>>();
  GrpcBrokerProber patient({.timeout = std::chrono::seconds(30)});
  patient.Probe({"127.0.0.1", proxy.port()}, kBroker, Incarnation('a'),
                [answer](ProbeResult result) { answer->set_value(result); });
  // The first one is the plain connection, the second one is gRPC's.
  while (proxy.accepted_connections() < 2) {
  }
  proxy.Refuse();
  EXPECT_EQ(answer->get_future().get(), ProbeResult::kRefused);
}

TEST_F(GrpcBrokerProberTest, MoreProbesThanMayRunAtATimeAreAllAnswered) {
  BrokerView view;
  const Server server(&view);
  GrpcBrokerProber narrow({.max_concurrent = 2});
  constexpr int kProbes = 20;
  std::atomic<int> left = kProbes;
  std::promise<void> all_done;
  for (int i = 0; i < kProbes; ++i) {
    narrow.Probe({"127.0.0.1", server.port()}, kBroker, Incarnation('a'), [&](ProbeResult result) {
      EXPECT_EQ(result, ProbeResult::kSameIncarnation);
      if (--left == 0) all_done.set_value();
    });
  }
  all_done.get_future().wait();
}

TEST_F(GrpcBrokerProberTest, NothingIsToldAfterItsEnd) {
  BrokerView view;
  const Server server(&view);
  LoopbackSocket silent;
  silent.Listen();
  for (int round = 0; round < 20; ++round) {
    auto gone = std::make_shared<std::atomic<bool>>(false);
    {
      GrpcBrokerProber prober({.max_concurrent = 3});
      for (int i = 0; i < 6; ++i) {
        prober.Probe({"127.0.0.1", i % 2 == 0 ? server.port() : silent.port()}, kBroker,
                     Incarnation('a'), [gone](ProbeResult) { EXPECT_FALSE(*gone); });
      }
    }
    *gone = true;
  }
}

}  // namespace
}  // namespace quorate::server
