#include "server/calls/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "server/program/process.h"

namespace quorate::server {
namespace {

using testing::HasSubstr;

std::string ErrorOf(const HostPort& address) {
  return std::string(CheckCanListen(address, "client-listen").message());
}

TEST(ListenerTest, PortZeroTakesAFreePortAndSaysWhich) {
  const auto listener = OpenClientListener({"127.0.0.1", 0}, "client-listen", {});
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_NE(listener->port, 0);
  listener->server->Shutdown();
}

TEST(ListenerTest, APortInUseIsRefusedWithItsOptionAndTheRemedy) {
  const auto listener = OpenClientListener({"127.0.0.1", 0}, "client-listen", {});
  ASSERT_TRUE(listener.ok()) << listener.status();
  const HostPort taken = {"127.0.0.1", listener->port};
  EXPECT_THAT(ErrorOf(taken), HasSubstr("cannot listen on client-listen " + taken.ToString() +
                                        ": Address already in use: stop the process"));
  const auto second = OpenClientListener(taken, "peer-listen", {});
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("peer-listen"));
  listener->acceptor->Stop();
  EXPECT_EQ(ErrorOf(taken), "");
}

TEST(ListenerTest, AnAddressOfAnotherHostIsRefused) {
  // RFC 5737 reserves these addresses for documentation, so no host has them.
  EXPECT_THAT(ErrorOf({"192.0.2.1", 0}), HasSubstr("name an address of this host"));
  EXPECT_THAT(ErrorOf({"no-such-host.invalid", 0}), HasSubstr("the host does not resolve"));
}

class ReadyFileTest : public testing::Test {
 protected:
  ~ReadyFileTest() override { unlink(path_.c_str()); }

  std::string Content() const {
    std::stringstream content;
    content << std::ifstream(path_).rdbuf();
    return content.str();
  }

  const std::string path_ = testing::TempDir() + "ready_file_test_" + std::to_string(getpid());
};

TEST_F(ReadyFileTest, HoldsThePortsWhileTheProcessListens) {
  std::ofstream(path_) << "client_port=1\npid=1\n";
  {
    ReadyFile file(path_);
    EXPECT_EQ(Content(), "") << "the file of an earlier process must be removed";
    ASSERT_TRUE(file.Write({{"client_port", 9090}, {"peer_port", 9091}}).ok());
    EXPECT_EQ(Content(),
              "client_port=9090\npeer_port=9091\npid=" + std::to_string(getpid()) + "\n");
  }
  EXPECT_EQ(Content(), "");
}

TEST_F(ReadyFileTest, ThatCannotBeWrittenIsAnError) {
  ReadyFile file("/nonexistent/ready");
  EXPECT_THAT(std::string(file.Write({}).message()),
              HasSubstr("cannot write ready-file '/nonexistent/ready'"));
  EXPECT_TRUE(ReadyFile("").Write({}).ok());
}

}  // namespace
}  // namespace quorate::server
