#include "server/peer/connect_probe.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <vector>

#include "base/check.h"
#include "gtest/gtest.h"
#include "tests/harness/loopback_socket.h"

namespace quorate::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using ::quorate::testing::LoopbackSocket;

ConnectOutcome ProbeAndWait(ConnectProber& prober, HostPort address,
                            Duration timeout = seconds(30)) {
  auto answer = std::make_shared<std::promise<ConnectOutcome>>();
  std::future<ConnectOutcome> outcome = answer->get_future();
  prober.Probe(std::move(address), timeout,
               [answer](ConnectOutcome value) { answer->set_value(std::move(value)); });
  return outcome.get();
}

TEST(ConnectProberTest, ConnectsToAListener) {
  LoopbackSocket listener;
  listener.Listen();
  ConnectProber prober(1);
  const ConnectOutcome outcome = ProbeAndWait(prober, {"127.0.0.1", listener.port()});
  EXPECT_EQ(outcome.result, ConnectResult::kConnected) << outcome.error;
  EXPECT_EQ(outcome.address, (HostPort{"127.0.0.1", listener.port()}));
}

TEST(ConnectProberTest, ABoundPortWithoutAListenerRefuses) {
  const LoopbackSocket bound;
  ConnectProber prober(1);
  EXPECT_EQ(ProbeAndWait(prober, {"127.0.0.1", bound.port()}).result, ConnectResult::kRefused);
}

TEST(ConnectProberTest, ANameIsTriedAtAllItsAddressesAndToldAsANumber) {
  LoopbackSocket listener;
  listener.Listen();
  const LoopbackSocket bound;
  ConnectProber prober(1);
  const ConnectOutcome outcome = ProbeAndWait(prober, {"localhost", listener.port()});
  EXPECT_EQ(outcome.result, ConnectResult::kConnected) << outcome.error;
  EXPECT_EQ(outcome.address.host, "127.0.0.1");
  EXPECT_EQ(ProbeAndWait(prober, {"localhost", bound.port()}).result, ConnectResult::kRefused);
}

TEST(ConnectProberTest, ANameThatDoesNotExistIsNoProofOfAnything) {
  ConnectProber prober(1);
  // A label that is too long for DNS, so that no name server is asked (RFC 1035 §2.3.4).
  const std::string name(64, 'x');
  const ConnectOutcome outcome = ProbeAndWait(prober, {name, 9093});
  EXPECT_EQ(outcome.result, ConnectResult::kNoAnswer);
  EXPECT_NE(outcome.error.find(name), std::string::npos) << outcome.error;
}

// A listener whose queue is full: the kernel does not answer further connection attempts.
class SilentListener {
 public:
  SilentListener() {
    CHECK_EQ(listen(listener_.fd(), /*backlog=*/0), 0);
    const sockaddr_in address = ::quorate::testing::LoopbackAddress(port());
    for (const LoopbackSocket& waiting : waiting_) {
      connect(waiting.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    }
  }

  uint16_t port() const { return listener_.port(); }

 private:
  LoopbackSocket listener_;
  LoopbackSocket waiting_[4];
};

TEST(ConnectProberTest, SilenceIsNoAnswer) {
  const SilentListener silent;
  ConnectProber prober(1);
  EXPECT_EQ(ProbeAndWait(prober, {"127.0.0.1", silent.port()}, milliseconds(100)).result,
            ConnectResult::kNoAnswer);
}

TEST(ConnectProberTest, AProbeThatWaitsForAThreadIsAnsweredInTime) {
  const SilentListener silent;
  LoopbackSocket listener;
  listener.Listen();
  ConnectProber prober(1);
  prober.Probe({"127.0.0.1", silent.port()}, std::chrono::hours(1), [](const ConnectOutcome&) {});
  EXPECT_EQ(ProbeAndWait(prober, {"127.0.0.1", listener.port()}, milliseconds(100)).result,
            ConnectResult::kNoAnswer);
}

TEST(ConnectProberTest, MoreProbesThanThreadsAreAllAnswered) {
  LoopbackSocket listener;
  listener.Listen();
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
  const LoopbackSocket bound;
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
