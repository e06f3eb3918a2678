#include "tests/harness/fault_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "gtest/gtest.h"
#include "tests/harness/loopback_socket.h"

namespace quorate::testing {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience(30'000);

bool IsReadable(int fd, milliseconds patience) {
  pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, static_cast<int>(patience.count())) == 1;
}

// One end of a blocking connection.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() { Close(); }

  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

  void Send(const std::string& bytes) {
    ASSERT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // Returns `size` bytes, or fewer if the connection was closed in an orderly way. Returns "reset"
  // if it was reset, or "timeout" if no byte arrived in time.
  std::string Receive(size_t size) {
    std::string bytes;
    while (bytes.size() < size) {
      if (!IsReadable(fd_, kPatience)) return "timeout";
      char buffer[64 << 10];
      const ssize_t count = recv(fd_, buffer, std::min(sizeof(buffer), size - bytes.size()), 0);
      if (count < 0) return "reset";
      if (count == 0) break;
      bytes.append(buffer, static_cast<size_t>(count));
    }
    return bytes;
  }

  bool HasNews(milliseconds patience) const { return IsReadable(fd_, patience); }
  void EndSending() { shutdown(fd_, SHUT_WR); }

 private:
  int fd_;
};

// The upstream server. It only accepts connections.
class Upstream {
 public:
  Upstream() { listener_.Listen(); }

  uint16_t port() const { return listener_.port(); }
  Socket Accept() {
    CHECK(IsReadable(listener_.fd(), kPatience));
    return Socket(accept(listener_.fd(), nullptr, nullptr));
  }

 private:
  LoopbackSocket listener_;
};

// Returns nullopt if the connection is refused.
std::optional<Socket> Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = LoopbackAddress(port);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    return Socket(fd);
  }
  CHECK_EQ(errno, ECONNREFUSED);
  close(fd);
  return std::nullopt;
}

class FaultProxyTest : public ::testing::Test {
 protected:
  Upstream upstream_;
  FaultProxy proxy_{upstream_.port()};
};

TEST_F(FaultProxyTest, ForwardsBothWaysAndPassesTheEndOn) {
  Socket client = *Connect(proxy_.port());
  Socket server = upstream_.Accept();
  client.Send("question");
  EXPECT_EQ(server.Receive(8), "question");
  server.Send("answer");
  EXPECT_EQ(client.Receive(6), "answer");
  client.EndSending();
  EXPECT_EQ(server.Receive(1), "");
  server.Send("last");
  server.Close();
  EXPECT_EQ(client.Receive(5), "last");
}

TEST_F(FaultProxyTest, ForwardsMoreThanAnyBufferHolds) {
  Socket client = *Connect(proxy_.port());
  Socket server = upstream_.Accept();
  const std::string bytes(size_t{16} << 20, 'x');
  std::thread sender([&] { client.Send(bytes); });
  EXPECT_TRUE(server.Receive(bytes.size()) == bytes);
  sender.join();
}

TEST_F(FaultProxyTest, CutResetsWhatIsOpenAndLetsNewOnesThrough) {
  Socket client = *Connect(proxy_.port());
  Socket server = upstream_.Accept();
  client.Send("x");
  ASSERT_EQ(server.Receive(1), "x");
  EXPECT_EQ(proxy_.open_connections(), 1u);
  proxy_.Cut();
  EXPECT_EQ(proxy_.open_connections(), 0u);
  EXPECT_EQ(client.Receive(1), "reset");
  EXPECT_EQ(server.Receive(1), "reset");

  Socket again = *Connect(proxy_.port());
  Socket server_again = upstream_.Accept();
  again.Send("y");
  EXPECT_EQ(server_again.Receive(1), "y");
  EXPECT_EQ(proxy_.accepted_connections(), 2u);
}

TEST_F(FaultProxyTest, RefuseResetsAndRefusesUntilForward) {
  Socket client = *Connect(proxy_.port());
  Socket server = upstream_.Accept();
  proxy_.Refuse();
  EXPECT_EQ(client.Receive(1), "reset");
  EXPECT_FALSE(Connect(proxy_.port()).has_value());
  proxy_.Forward();
  Socket again = *Connect(proxy_.port());
  Socket server_again = upstream_.Accept();
  again.Send("y");
  EXPECT_EQ(server_again.Receive(1), "y");
}

TEST_F(FaultProxyTest, AOneWayBlackholeHoldsBackOneDirectionOnly) {
  Socket client = *Connect(proxy_.port());
  Socket server = upstream_.Accept();
  proxy_.Blackhole(FaultProxy::Direction::kToUpstream);
  client.Send("swallowed");
  server.Send("passes");
  EXPECT_EQ(client.Receive(6), "passes");
  EXPECT_FALSE(server.HasNews(milliseconds(100)));
  proxy_.Forward();
  EXPECT_EQ(server.Receive(9), "swallowed");
}

TEST_F(FaultProxyTest, ABlackholeSwallowsTheEndOfAConnectionToo) {
  Socket client = *Connect(proxy_.port());
  Socket server = upstream_.Accept();
  client.Send("x");
  ASSERT_EQ(server.Receive(1), "x");
  proxy_.Blackhole(FaultProxy::Direction::kBoth);
  client.Close();
  EXPECT_FALSE(server.HasNews(milliseconds(100)));
  proxy_.Forward();
  EXPECT_EQ(server.Receive(1), "");
}

TEST_F(FaultProxyTest, DelayedBytesArriveLaterAndInOrder) {
  constexpr milliseconds kDelay(50);
  Socket client = *Connect(proxy_.port());
  Socket server = upstream_.Accept();
  proxy_.Delay(kDelay);
  const auto sent_at = std::chrono::steady_clock::now();
  client.Send("first ");
  client.Send("second");
  EXPECT_EQ(server.Receive(12), "first second");
  EXPECT_GE(std::chrono::steady_clock::now() - sent_at, kDelay);
}

TEST_F(FaultProxyTest, JitterAddsToTheDelayAndKeepsTheOrder) {
  constexpr milliseconds kDelay(10);
  Socket client = *Connect(proxy_.port());
  Socket server = upstream_.Accept();
  proxy_.Delay(kDelay, milliseconds(30));
  const auto sent_at = std::chrono::steady_clock::now();
  std::string sent;
  for (char c = 'a'; c <= 'z'; ++c) {
    client.Send(std::string(1, c));
    sent += c;
  }
  EXPECT_EQ(server.Receive(sent.size()), sent);
  EXPECT_GE(std::chrono::steady_clock::now() - sent_at, kDelay);
}

TEST(FaultProxyWithoutUpstreamTest, ResetsWhatUpstreamRefuses) {
  const LoopbackSocket not_listening;
  FaultProxy proxy(not_listening.port());
  Socket client = *Connect(proxy.port());
  EXPECT_EQ(client.Receive(1), "reset");
}

}  // namespace
}  // namespace quorate::testing
