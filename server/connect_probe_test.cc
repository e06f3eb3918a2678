#include "server/connect_probe.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <vector>

#include "base/check.h"
#include "gtest/gtest.h"

namespace quorate::server {
namespace {

using std::chrono::seconds;

// A socket on a free port of 127.0.0.1, bound and, if asked to, listening.
class LoopbackSocket {
 public:
  explicit LoopbackSocket(bool listening) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    socklen_t size = sizeof(address);
    CHECK_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    if (listening) CHECK_EQ(listen(fd_, 16), 0);
  }
  ~LoopbackSocket() { close(fd_); }
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;

  uint16_t port() const { return port_; }

 private:
  const int fd_;
  uint16_t port_ = 0;
};

ConnectOutcome ProbeAndWait(ConnectProber& prober, HostPort address) {
  auto answer = std::make_shared<std::promise<ConnectOutcome>>();
  std::future<ConnectOutcome> outcome = answer->get_future();
  prober.Probe(std::move(address), seconds(30),
               [answer](ConnectOutcome value) { answer->set_value(std::move(value)); });
  return outcome.get();
}

TEST(ConnectProberTest, ConnectsToAListener) {
  const LoopbackSocket listener(/*listening=*/true);
  ConnectProber prober(1);
  const ConnectOutcome outcome = ProbeAndWait(prober, {"127.0.0.1", listener.port()});
  EXPECT_EQ(outcome.result, ConnectResult::kConnected) << outcome.error;
  EXPECT_EQ(outcome.address, (HostPort{"127.0.0.1", listener.port()}));
}

TEST(ConnectProberTest, ABoundPortWithoutAListenerRefuses) {
  const LoopbackSocket bound(/*listening=*/false);
  ConnectProber prober(1);
  EXPECT_EQ(ProbeAndWait(prober, {"127.0.0.1", bound.port()}).result, ConnectResult::kRefused);
}

TEST(ConnectProberTest, ANameIsTriedAtAllItsAddressesAndToldAsANumber) {
  const LoopbackSocket listener(/*listening=*/true);
  const LoopbackSocket bound(/*listening=*/false);
  ConnectProber prober(1);
  const ConnectOutcome outcome = ProbeAndWait(prober, {"localhost", listener.port()});
  EXPECT_EQ(outcome.result, ConnectResult::kConnected) << outcome.error;
  EXPECT_EQ(outcome.address.host, "127.0.0.1");
  EXPECT_EQ(ProbeAndWait(prober, {"localhost", bound.port()}).result, ConnectResult::kRefused);
}

TEST(ConnectProberTest, ANameThatDoesNotExistIsNoProofOfAnything) {
  ConnectProber prober(1);
  // Too long a label to be asked of any name server (RFC 1035 §2.3.4).
  const std::string name(64, 'x');
  const ConnectOutcome outcome = ProbeAndWait(prober, {name, 9093});
  EXPECT_EQ(outcome.result, ConnectResult::kNoAnswer);
  EXPECT_NE(outcome.error.find(name), std::string::npos) << outcome.error;
}

TEST(ConnectProberTest, MoreProbesThanThreadsAreAllAnswered) {
  const LoopbackSocket listener(/*listening=*/true);
  ConnectProber prober(2);
  constexpr int kProbes = 12;
  std::atomic<int> left = kProbes;
  std::promise<void> all_done;
  for (int i = 0; i < kProbes; ++i) {
    prober.Probe({"127.0.0.1", listener.port()}, seconds(30), [&](const ConnectOutcome& outcome) {
      EXPECT_EQ(outcome.result, ConnectResult::kConnected) << outcome.error;
      if (--left == 0) all_done.set_value();
    });
  }
  all_done.get_future().wait();
}

TEST(ConnectProberTest, NothingIsToldAfterStop) {
  const LoopbackSocket bound(/*listening=*/false);
  for (int round = 0; round < 50; ++round) {
    auto stopped = std::make_shared<std::atomic<bool>>(false);
    ConnectProber prober(4);
    for (int i = 0; i < 8; ++i) {
      prober.Probe({"127.0.0.1", bound.port()}, seconds(30),
                   [stopped](const ConnectOutcome&) { EXPECT_FALSE(*stopped); });
    }
    prober.Stop();
    *stopped = true;
  }
}

}  // namespace
}  // namespace quorate::server
