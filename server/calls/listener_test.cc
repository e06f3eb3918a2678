#include "server/calls/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace quorate::server {
namespace {

using testing::HasSubstr;

std::string ErrorOf(const HostPort& address) {
  return std::string(CheckCanListen(address, "client-listen").message());
}

TEST(ListenerTest, PortZeroTakesAFreePortAndSaysWhich) {
  const auto listener =
      OpenClientListener({"127.0.0.1", 0}, "client-listen", grpc::InsecureServerCredentials(), {});
  ASSERT_TRUE(listener.ok()) << listener.status();
  EXPECT_NE(listener->port, 0);
  listener->server->Shutdown();
}

TEST(ListenerTest, APortInUseIsRefusedWithItsOptionAndTheRemedy) {
  const auto listener =
      OpenClientListener({"127.0.0.1", 0}, "client-listen", grpc::InsecureServerCredentials(), {});
  ASSERT_TRUE(listener.ok()) << listener.status();
  const HostPort taken = {"127.0.0.1", listener->port};
  EXPECT_THAT(ErrorOf(taken), HasSubstr("cannot listen on client-listen " + taken.ToString() +
                                        ": Address already in use: stop the process"));
  const auto second =
      OpenClientListener(taken, "peer-listen", grpc::InsecureServerCredentials(), {});
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("peer-listen"));
  listener->acceptor->Stop();
  EXPECT_EQ(ErrorOf(taken), "");
}

TEST(ListenerTest, AnAddressOfAnotherHostIsRefused) {
  // RFC 5737 reserves these addresses for documentation, so no host has them.
  EXPECT_THAT(ErrorOf({"192.0.2.1", 0}), HasSubstr("name an address of this host"));
  EXPECT_THAT(ErrorOf({"no-such-host.invalid", 0}), HasSubstr("the host does not resolve"));
}

}  // namespace
}  // namespace quorate::server
