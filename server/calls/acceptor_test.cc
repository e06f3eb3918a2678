// Tests accepting when file descriptors run out, with real sockets and a real gRPC server.
#include "server/calls/acceptor.h"

#include <arpa/inet.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/calls/listener.h"
#include "server/node/limits.h"

namespace quorate::server {
namespace {

constexpr std::chrono::seconds kPatience{60};

// Changes the soft limit on file descriptors, and restores it at the end.
class DescriptorLimit {
 public:
  DescriptorLimit() { PCHECK(getrlimit(RLIMIT_NOFILE, &before_) == 0); }
  ~DescriptorLimit() { PCHECK(setrlimit(RLIMIT_NOFILE, &before_) == 0); }
  void Set(int soft) {
    rlimit limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(soft);
    PCHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }

 private:
  rlimit before_ = {};
};

int LowestFreeDescriptor() {
  const int fd = dup(0);
  PCHECK(fd >= 0);
  close(fd);
  return fd;
}

class Socket {
 public:
  Socket() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) { PCHECK(fd_ >= 0); }
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  void Connect(uint16_t port) const {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    PCHECK(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }

  // Waits until the other end closes the connection or sends something. Returns whether it closed.
  bool AwaitClosed() const {
    char byte = 0;
    return recv(fd_, &byte, 1, 0) <= 0;
  }

 private:
  int fd_;
};

class AcceptorTest : public testing::Test {
 protected:
  AcceptorTest() { Open(kConnectionLimits); }
  ~AcceptorTest() override { Stop(); }

  void Open(const ConnectionLimits& limits) {
    auto listener = OpenClientListener({"127.0.0.1", 0}, "client-listen",
                                       grpc::InsecureServerCredentials(), {}, limits);
    CHECK_OK(listener.status());
    listener_ = *std::move(listener);
  }
  void Stop() {
    listener_.acceptor->Stop();
    listener_.server->Shutdown();
  }

  // Returns whether a new connection is served.
  bool Serves() const {
    grpc::ChannelArguments args;
    args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto stub = grpc::health::v1::Health::NewStub(grpc::CreateCustomChannel(
        "127.0.0.1:" + std::to_string(listener_.port), grpc::InsecureChannelCredentials(), args));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    context.set_wait_for_ready(true);
    grpc::health::v1::HealthCheckResponse response;
    return stub->Check(&context, {}, &response).ok();
  }

  Listener listener_;
  DescriptorLimit limit_;
};

TEST_F(AcceptorTest, TheLimitsOfTheListenerCount) {
  Stop();
  ConnectionLimits limits = kConnectionLimits;
  limits.max_descriptors = 400;
  limits.max_of_host = 30;
  Open(limits);
  std::vector<Socket> sockets;
  for (int i = 0; i < 31; ++i) sockets.emplace_back().Connect(listener_.port);
  EXPECT_TRUE(sockets.back().AwaitClosed()) << "the limit of the host";

  Stop();
  limits.max_of_host = 1'000;
  Open(limits);
  for (int i = 0; i < 160; ++i) sockets.emplace_back().Connect(listener_.port);
  EXPECT_TRUE(sockets.back().AwaitClosed()) << "the limit of the process";
  Stop();
  limits.timeout = std::chrono::milliseconds(100);
  sockets.clear();
  Open(limits);
  sockets.emplace_back().Connect(listener_.port);
  EXPECT_TRUE(sockets.back().AwaitClosed()) << "its first bytes do not come";
}

TEST_F(AcceptorTest, TheLastDescriptorsAreNotForConnections) {
  // Each connection takes two descriptors, because both ends are in this process. A quarter of the
  // limit, 100 descriptors, stays free.
  limit_.Set(400);
  std::vector<Socket> sockets;
  for (int i = 0; i < 190; ++i) sockets.emplace_back().Connect(listener_.port);
  EXPECT_TRUE(sockets.back().AwaitClosed());
  EXPECT_LT(LowestFreeDescriptor(), 400);
  sockets.clear();
  EXPECT_TRUE(Serves());
}

TEST_F(AcceptorTest, AcceptingGoesOnAfterNoDescriptorWasFree) {
  EXPECT_TRUE(Serves());
  const Socket socket;
  limit_.Set(LowestFreeDescriptor());
  socket.Connect(listener_.port);
  EXPECT_TRUE(socket.AwaitClosed());
  limit_.Set(1'024);
  EXPECT_TRUE(Serves());
}

TEST_F(AcceptorTest, AStoppedOneRefusesConnections) {
  const auto address = HostPort{"127.0.0.1", listener_.port};
  EXPECT_FALSE(CheckCanListen(address, "client-listen").ok());
  listener_.acceptor->Stop();
  EXPECT_TRUE(CheckCanListen(address, "client-listen").ok());
}

}  // namespace
}  // namespace quorate::server
