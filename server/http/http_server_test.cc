#include "server/http/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "base/check.h"

namespace quorate::server {
namespace {

using ::testing::Test;

int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  PCHECK(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

// Sends `request` and returns everything that the server sends until it closes the connection.
std::string Ask(uint16_t port, const std::string& request) {
  const int fd = Connect(port);
  PCHECK(write(fd, request.data(), request.size()) == static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = read(fd, buffer, sizeof(buffer))) > 0)
    answer.append(buffer, static_cast<size_t>(got));
  close(fd);
  return answer;
}

class HttpServerTest : public Test {
 protected:
  HttpServerTest() {
    auto server = HttpServer::Start(
        {"127.0.0.1", 0}, "--metrics-listen",
        {{"/metrics",
          [this] {
            ++built_;
            return HttpServer::Page{.body = "a 1\n"};
          }},
         {"/healthz", [] { return HttpServer::Page{.status = 503, .body = "stuck\n"}; }}});
    CHECK_OK(server.status());
    server_ = *std::move(server);
  }

  std::string Get(const std::string& path) {
    return Ask(server_->port(), "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }

  std::atomic<int> built_{0};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, ServesAPage) {
  const std::string answer = Get("/metrics");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Length: 4\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\na 1\n")) << answer;
}

TEST_F(HttpServerTest, AQueryDoesNotChangeThePage) {
  EXPECT_TRUE(Get("/metrics?x=1").starts_with("HTTP/1.1 200 ")) << Get("/metrics?x=1");
}

TEST_F(HttpServerTest, PassesTheStatusOn) {
  const std::string answer = Get("/healthz");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("stuck\n")) << answer;
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  const std::string answer = Ask(server_->port(), "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 4\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(HttpServerTest, AnUnknownPathGetsTheListOfPages) {
  for (const std::string path : {"/", "/metrics/x", "/../etc/passwd", "/%2e%2e/metric"}) {
    const std::string answer = Get(path);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 404 ")) << path << ": " << answer;
    EXPECT_TRUE(answer.ends_with("/healthz\n/metrics\n")) << path << ": " << answer;
  }
  EXPECT_EQ(built_, 0);
}

TEST_F(HttpServerTest, OtherMethodsAreRefused) {
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const std::string answer = Ask(server_->port(), method +
                                                        " /metrics HTTP/1.1\r\nHost: x\r\n"
                                                        "Content-Length: 0\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 ")) << answer;
    EXPECT_NE(answer.find("Allow: GET, HEAD\r\n"), std::string::npos) << answer;
  }
  EXPECT_EQ(built_, 0);
}

TEST_F(HttpServerTest, GarbageIsRefused) {
  for (const std::string& garbage :
       {std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), std::string("\x16\x03\x01\r\n\r\n"),
        "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n"}) {
    const int fd = Connect(server_->port());
    // The server may close the connection before it has received everything.
    (void)!send(fd, garbage.data(), garbage.size(), MSG_NOSIGNAL);
    char buffer[256];
    const ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
    if (got > 0) {
      EXPECT_FALSE(std::string(buffer, static_cast<size_t>(got)).starts_with("HTTP/1.1 200 "));
    }
    close(fd);
  }
  EXPECT_TRUE(Get("/metrics").starts_with("HTTP/1.1 200 "));
}

// A client that sends nothing holds one thread, until the timeout.
TEST_F(HttpServerTest, IdleConnectionsEnd) {
  const int first = Connect(server_->port());
  const int second = Connect(server_->port());
  const int third = Connect(server_->port());
  EXPECT_TRUE(Get("/metrics").starts_with("HTTP/1.1 200 "));
  for (const int fd : {first, second, third}) close(fd);
}

TEST(HttpServerStartTest, APortInUseIsNamed) {
  auto first = HttpServer::Start({"127.0.0.1", 0}, "--metrics-listen", {});
  ASSERT_TRUE(first.ok()) << first.status();
  const HostPort taken = {"127.0.0.1", (*first)->port()};
  const auto second = HttpServer::Start(taken, "--metrics-listen", {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(second.status().message().find("--metrics-listen " + taken.ToString()),
            std::string::npos)
      << second.status();
}

TEST(HttpServerStartTest, AHostThatDoesNotResolveIsNamed) {
  const auto server = HttpServer::Start({"no.such.host.invalid", 0}, "--metrics-listen", {});
  EXPECT_NE(server.status().message().find("does not resolve"), std::string::npos)
      << server.status();
}

TEST(HttpServerStartTest, ListensOnANameWithTwoAddresses) {
  const auto server = HttpServer::Start({"localhost", 0}, "--metrics-listen", {});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_NE((*server)->port(), 0);
}

}  // namespace
}  // namespace quorate::server
