// Tests for which hosts a certificate counts.
#include "security/host_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "security/testing/test_authority.h"

namespace quorate::security {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(HostNameTest, AlternativeNamesCount) {
  const std::string pem =
      TestAuthority()
          .Issue({.name = "controller-1",
                  .alternative_names = "DNS:host-1,DNS:*.example.org,IP:127.0.0.1,IP:::1"})
          .cert_pem;
  for (const char* host : {"host-1", "HOST-1", "a.example.org", "127.0.0.1", "::1"}) {
    EXPECT_TRUE(CheckHostName(pem, host).ok()) << host;
  }
  for (const char* host : {"host-2", "example.org", "a.b.example.org", "127.0.0.2", "::2", ""}) {
    EXPECT_FALSE(CheckHostName(pem, host).ok()) << host;
  }
  EXPECT_FALSE(CheckHostName(pem, "controller-1").ok()) << "the common name does not count";
}

TEST(HostNameTest, TheErrorShowsBothNames) {
  TestAuthority ca;
  EXPECT_THAT(
      CheckHostName(ca.Issue({.name = "n1", .alternative_names = "DNS:host-1"}).cert_pem, "host-2")
          .message(),
      AllOf(HasSubstr("'CN=n1' is for DNS:host-1 "), HasSubstr("'host-2'")));
  EXPECT_THAT(CheckHostName(ca.Issue({.alternative_names = ""}).cert_pem, "host-2").message(),
              HasSubstr("no host at all"));
  EXPECT_FALSE(CheckHostName("nothing", "host-2").ok());
}

TEST(HostNameTest, AnErrorIsShort) {
  const std::string many = std::string(40, 'x') + ".example";
  std::string names = "DNS:" + many;
  for (int i = 0; i < 50; ++i) names += ",DNS:" + many;
  EXPECT_LT(CheckHostName(TestAuthority().Issue({.alternative_names = names}).cert_pem, "host-2")
                .message()
                .size(),
            1000u);
}

}  // namespace
}  // namespace quorate::security
