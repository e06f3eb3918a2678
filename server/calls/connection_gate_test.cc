// Tests the gate with real connections between addresses of the loopback network.
#include "server/calls/connection_gate.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/testing/manual_executor.h"

namespace quorate::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Reason = ConnectionClosed;

constexpr seconds kPatience{60};
const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

constexpr ConnectionLimits kLimits = {.max_waiting = 6,
                                      .max_waiting_of_host = 4,
                                      .max_opening = 3,
                                      .max_opening_of_host = 2,
                                      .max_of_host = 5,
                                      .timeout = seconds(10),
                                      .min_opening_time = seconds(2)};

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) { PCHECK(fd >= 0); }
  ~Socket() { Close(); }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  int fd() const { return fd_; }
  void Send(const std::string& bytes) const {
    PCHECK(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size()));
  }
  // Waits until the other end has closed the connection. Returns false if it sends something.
  bool AwaitClosed() const {
    char byte = 0;
    return recv(fd_, &byte, 1, 0) <= 0;
  }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  sockaddr_in Local() const {
    sockaddr_in address = {};
    socklen_t size = sizeof(address);
    PCHECK(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    return address;
  }

 private:
  int fd_;
};

class ConnectionGateTest : public ::testing::Test {
 protected:
  ConnectionGateTest() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    const sockaddr_in any = Loopback(1, 0);
    PCHECK(bind(listener_.fd(), reinterpret_cast<const sockaddr*>(&any), sizeof(any)) == 0);
    PCHECK(listen(listener_.fd(), 64) == 0);
  }

  static sockaddr_in Loopback(int host, uint16_t port) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<uint32_t>(host) - 1);
    return address;
  }

  // Connects from 127.0.0.`host` and gives the other end to the gate.
  Socket Connect(int host, const std::string& first_bytes = "") {
    Socket client(socket(AF_INET, SOCK_STREAM, 0));
    const sockaddr_in own = Loopback(host, 0);
    PCHECK(bind(client.fd(), reinterpret_cast<const sockaddr*>(&own), sizeof(own)) == 0);
    const sockaddr_in to = listener_.Local();
    PCHECK(connect(client.fd(), reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0);
    if (!first_bytes.empty()) client.Send(first_bytes);
    sockaddr_storage from = {};
    socklen_t size = sizeof(from);
    const int accepted =
        accept4(listener_.fd(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK);
    PCHECK(accepted >= 0);
    gate_.Add(listener_.fd(), accepted, *RemoteAddress::From(from));
    return client;
  }

  // Runs the gate until `count` connections have been passed on in all.
  void AwaitPassedOn(size_t count) {
    RunUntil([&] { return passed_on_.size() >= count; });
    EXPECT_EQ(passed_on_.size(), count);
  }

  template <typename Condition>
  void RunUntil(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    gate_.Run();
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      pollfd polled = {.fd = gate_.descriptor(), .events = POLLIN, .revents = 0};
      poll(&polled, 1, 100);
      gate_.Run();
    }
  }

  size_t Waiting() const { return instruments_->waiting; }
  size_t Opening() const { return instruments_->opening; }
  uint64_t Closed(Reason reason) const { return instruments_->Closed(reason).value(); }

  // As gRPC does when the client of the connection makes its first call.
  void Call(const Socket& client) {
    const uint16_t port = ntohs(client.Local().sin_port);
    char ip[INET_ADDRSTRLEN] = {};
    const sockaddr_in local = client.Local();
    inet_ntop(AF_INET, &local.sin_addr, ip, sizeof(ip));
    gate_.OnCall([&] { return "ipv4:" + std::string(ip) + ":" + std::to_string(port); });
  }

  // As gRPC does when a connection ends.
  static void EndPassedOn(Socket& socket) {
    shutdown(socket.fd(), SHUT_RDWR);
    socket.Close();
  }

  Socket listener_;
  ManualClock clock_;
  std::vector<Socket> passed_on_;
  const std::shared_ptr<ConnectionInstruments> instruments_ =
      std::make_shared<ConnectionInstruments>();
  ConnectionGate gate_{"client-listen", kLimits, &clock_, instruments_,
                       [this](int listener, int connection) {
                         EXPECT_EQ(listener, listener_.fd());
                         passed_on_.emplace_back(connection);
                       }};
};

TEST_F(ConnectionGateTest, AConnectionIsPassedOnWithItsFirstBytesUnread) {
  const Socket client = Connect(1, kPreface + "and more");
  AwaitPassedOn(1);
  char bytes[64] = {};
  const ssize_t got = recv(passed_on_.front().fd(), bytes, sizeof(bytes), 0);
  EXPECT_EQ(std::string(bytes, static_cast<size_t>(got)), kPreface + "and more");
}

TEST_F(ConnectionGateTest, ASilentConnectionIsNotPassedOnAndTimesOut) {
  const Socket silent = Connect(1);
  const Socket slow = Connect(1, kPreface.substr(0, 10));
  const Socket other = Connect(2, kPreface);
  AwaitPassedOn(1);
  EXPECT_EQ(Waiting(), 2U);
  clock_.Advance(kLimits.timeout - milliseconds(1));
  EXPECT_EQ(gate_.Run(), clock_.Now() + milliseconds(1));
  EXPECT_EQ(Waiting(), 2U);
  clock_.Advance(milliseconds(1));
  gate_.Run();
  EXPECT_TRUE(silent.AwaitClosed());
  EXPECT_TRUE(slow.AwaitClosed());
  EXPECT_EQ(Closed(Reason::kTimeout), 2U);
  EXPECT_EQ(gate_.Run(), kNever);
}

TEST_F(ConnectionGateTest, BytesThatArriveOneByOneAreAwaited) {
  const Socket client = Connect(1);
  for (const char byte : kPreface) {
    EXPECT_TRUE(passed_on_.empty());
    client.Send(std::string(1, byte));
    gate_.Run();
  }
  AwaitPassedOn(1);
}

TEST_F(ConnectionGateTest, OtherProtocolsAreClosed) {
  const Socket http = Connect(1, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const Socket garbage = Connect(1, "\x01\x02\x03");
  RunUntil([&] { return Waiting() == 0; });
  EXPECT_TRUE(http.AwaitClosed());
  EXPECT_TRUE(garbage.AwaitClosed());
  EXPECT_EQ(Closed(Reason::kHttp1), 1U);
  EXPECT_EQ(Closed(Reason::kUnknownBytes), 1U);
  EXPECT_TRUE(passed_on_.empty());
}

TEST_F(ConnectionGateTest, AConnectionThatTheClientClosesIsForgotten) {
  Socket silent = Connect(1);
  Socket slow = Connect(1, "PRI");
  gate_.Run();
  silent.Close();
  slow.Close();
  RunUntil([&] { return Waiting() == 0; });
  for (const Reason reason : {Reason::kTimeout, Reason::kUnknownBytes}) {
    EXPECT_EQ(Closed(reason), 0U);
  }
}

TEST_F(ConnectionGateTest, FewConnectionsOpenAtATimeAndEachHostGetsItsTurn) {
  std::vector<Socket> flood;
  for (int i = 0; i < 4; ++i) flood.push_back(Connect(1, kPreface));
  AwaitPassedOn(2);  // as many as one host may have
  const Socket second = Connect(2, kPreface);
  AwaitPassedOn(3);  // as many as all hosts may have
  const Socket third = Connect(3, kPreface);
  gate_.Run();
  EXPECT_EQ(Waiting(), 3U);
  // Two of the first host have waited longer, but it has its share.
  Call(second);
  AwaitPassedOn(4);
  EXPECT_EQ(Waiting(), 2U);
  Call(third);
  gate_.Run();
  EXPECT_EQ(passed_on_.size(), 4U);
  EXPECT_EQ(Opening(), 2U);
  Call(flood[0]);
  Call(flood[1]);
  AwaitPassedOn(6);
}

TEST_F(ConnectionGateTest, TheEndOfAConnectionFreesItsPlace) {
  const Socket first = Connect(1, kPreface);
  Socket second = Connect(1, kPreface);
  const Socket third = Connect(1, kPreface);
  const Socket fourth = Connect(1, kPreface);
  AwaitPassedOn(2);
  EndPassedOn(passed_on_[0]);
  EXPECT_TRUE(first.AwaitClosed()) << "the gate must not keep the connection open";
  AwaitPassedOn(3);
  second.Close();
  AwaitPassedOn(4);
}

TEST_F(ConnectionGateTest, ASlowHandshakeGivesItsPlaceToThoseThatWait) {
  const Socket slow = Connect(1, kPreface);
  const Socket slower = Connect(1, kPreface);
  AwaitPassedOn(2);
  clock_.Advance(kLimits.min_opening_time);
  gate_.Run();
  EXPECT_EQ(Opening(), 2U) << "nobody waits";
  const Socket next = Connect(1, kPreface);
  AwaitPassedOn(3);
  EXPECT_TRUE(slow.AwaitClosed());
  EXPECT_EQ(Closed(Reason::kSlowHandshake), 1U);
  const Socket after = Connect(2, kPreface);
  AwaitPassedOn(4);
  EXPECT_EQ(Closed(Reason::kSlowHandshake), 1U) << "there was a free place";
}

TEST_F(ConnectionGateTest, AConnectionThatIsStillOpenAfterTheTimeoutIsOpen) {
  const Socket first = Connect(1, kPreface);
  AwaitPassedOn(1);
  EXPECT_EQ(gate_.Run(), clock_.Now() + kLimits.timeout);
  clock_.Advance(kLimits.timeout);
  EXPECT_EQ(gate_.Run(), kNever);
  EXPECT_EQ(Opening(), 0U);
  pollfd polled = {.fd = first.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&polled, 1, 0), 0) << "it was not closed";
}

TEST_F(ConnectionGateTest, TheHostThatWaitsMostLosesItsOldestConnection) {
  std::vector<Socket> flood;
  for (int i = 0; i < 4; ++i) flood.push_back(Connect(1));
  const Socket refused = Connect(1);
  EXPECT_TRUE(refused.AwaitClosed());
  EXPECT_EQ(Closed(Reason::kHostLimit), 1U);
  const Socket second = Connect(2);
  const Socket third = Connect(3);
  EXPECT_EQ(Closed(Reason::kWaitingLimit), 0U);
  const Socket fourth = Connect(4);
  EXPECT_TRUE(flood.front().AwaitClosed());
  EXPECT_EQ(Closed(Reason::kWaitingLimit), 1U);
  EXPECT_EQ(Waiting(), 6U);
}

TEST_F(ConnectionGateTest, TheConnectionsOfAHostAreCountedWhileTheyAreOpen) {
  std::vector<Socket> clients;
  for (size_t i = 1; i <= 5; ++i) {
    clients.push_back(Connect(1, kPreface));
    AwaitPassedOn(i);
    Call(clients.back());
    gate_.Run();
  }
  EXPECT_EQ(Opening(), 0U);
  EXPECT_TRUE(Connect(1, kPreface).AwaitClosed());
  EXPECT_EQ(Closed(Reason::kHostLimit), 1U);
  const Socket other = Connect(2, kPreface);
  AwaitPassedOn(6);
  EndPassedOn(passed_on_[2]);
  clock_.Advance(seconds(1));
  clients.push_back(Connect(1, kPreface));
  AwaitPassedOn(7);
  EXPECT_EQ(Closed(Reason::kHostLimit), 1U);
}

}  // namespace
}  // namespace quorate::server
