#include "server/calls/remote_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace quorate::server {
namespace {

sockaddr_storage Ipv4(const char* ip, uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  EXPECT_EQ(inet_pton(AF_INET, ip, &address.sin_addr), 1);
  sockaddr_storage storage = {};
  memcpy(&storage, &address, sizeof(address));
  return storage;
}

sockaddr_storage Ipv6(const char* ip, uint16_t port) {
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  EXPECT_EQ(inet_pton(AF_INET6, ip, &address.sin6_addr), 1);
  sockaddr_storage storage = {};
  memcpy(&storage, &address, sizeof(address));
  return storage;
}

TEST(RemoteAddressTest, AConnectionAndItsCallHaveTheSameAddress) {
  EXPECT_EQ(RemoteAddress::From(Ipv4("10.0.0.1", 4000)),
            RemoteAddress::FromPeer("ipv4:10.0.0.1:4000"));
  // On a listener of both families.
  EXPECT_EQ(RemoteAddress::From(Ipv6("::ffff:10.0.0.1", 4000)),
            RemoteAddress::FromPeer("ipv4:10.0.0.1:4000"));
  EXPECT_EQ(RemoteAddress::From(Ipv6("2001:db8::1", 4000)),
            RemoteAddress::FromPeer("ipv6:%5B2001:db8::1%5D:4000"));
  EXPECT_EQ(RemoteAddress::From(Ipv6("fe80::1", 4000)),
            RemoteAddress::FromPeer("ipv6:%5Bfe80::1%252%5D:4000"));
  EXPECT_NE(RemoteAddress::FromPeer("ipv4:10.0.0.1:4000"),
            RemoteAddress::FromPeer("ipv4:10.0.0.1:4001"));
}

TEST(RemoteAddressTest, OtherPeersHaveNone) {
  for (const char* peer : {"", "unix:/tmp/socket", "ipv4:10.0.0.1", "ipv4:10.0.0:1",
                           "ipv4:10.0.0.1:70000", "ipv6:2001:db8::1:1", "ipv6:%5B%5D:1"}) {
    EXPECT_EQ(RemoteAddress::FromPeer(peer), std::nullopt) << peer;
  }
  EXPECT_EQ(RemoteAddress::From({}), std::nullopt);
}

TEST(RemoteAddressTest, TheHostOfAnIpv6AddressIsItsNetwork) {
  const auto host = [](const char* ip) { return RemoteAddress::From(Ipv6(ip, 1))->Host(); };
  EXPECT_EQ(host("2001:db8::1"), host("2001:db8::2:3"));
  EXPECT_NE(host("2001:db8::1"), host("2001:db8:0:1::1"));
  EXPECT_NE(RemoteAddress::From(Ipv4("10.0.0.1", 1))->Host(),
            RemoteAddress::From(Ipv4("10.0.0.2", 1))->Host());
  EXPECT_EQ(RemoteAddress::From(Ipv4("10.0.0.1", 1))->Host(),
            RemoteAddress::From(Ipv4("10.0.0.1", 2))->Host());
}

TEST(RemoteAddressTest, IsPrintedAsUsual) {
  EXPECT_EQ(RemoteAddress::From(Ipv4("10.0.0.1", 4000))->ToString(), "10.0.0.1:4000");
  EXPECT_EQ(RemoteAddress::From(Ipv6("2001:db8::1", 4000))->ToString(), "[2001:db8::1]:4000");
}

TEST(RemoteAddressTest, TheTextsOfPeers) {
  EXPECT_EQ(AddressText("ipv4:10.0.0.1:4000"), "10.0.0.1:4000");
  EXPECT_EQ(HostText("ipv4:10.0.0.1:4000"), "10.0.0.1");
  EXPECT_EQ(AddressText("ipv6:%5B2001:db8::1%5D:4000"), "[2001:db8::1]:4000");
  EXPECT_EQ(HostText("ipv6:%5B2001:db8::1%5D:4000"), "2001:db8::");
  EXPECT_EQ(AddressText("unix:/tmp/socket"), "unix:/tmp/socket");
  EXPECT_EQ(HostText("unix:/tmp/socket"), "");
}

}  // namespace
}  // namespace quorate::server
