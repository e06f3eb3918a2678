// Tests which names are read from a certificate, and how messages show them.
#include "security/certificate_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "security/testing/test_authority.h"

namespace quorate::security {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CertificateNamesTest, TheNamesAreTheSubjectAndTheUris) {
  const CertificateNames names = NamesIn(
      TestAuthority()
          .Issue({.name = "maria, b", .alternative_names = "DNS:host,URI:a://1,IP:::1,URI:b://2"})
          .cert_pem);
  EXPECT_EQ(names.subject, "CN=maria\\, b");
  EXPECT_THAT(names.uris, ElementsAre("a://1", "b://2"));
}

TEST(CertificateNamesTest, WithoutACertificateThereAreNoNames) {
  for (const char* pem : {"", "nothing"}) {
    EXPECT_EQ(NamesIn(pem).subject, "");
    EXPECT_THAT(NamesIn(pem).uris, IsEmpty());
  }
}

TEST(CertificateNamesTest, TheTextOfUrisIsBoundedAndPrintable) {
  EXPECT_EQ(UrisText({}), "no URI");
  EXPECT_EQ(UrisText({"a://b", "c\n"}), "a://b, c\\n");
  EXPECT_LT(UrisText(std::vector<std::string>(1000, std::string(1000, 'x'))).size(), 600u);
}

TEST(CertificateNamesTest, TheTextOfASubjectIsBoundedAndPrintable) {
  EXPECT_EQ(SubjectText({.subject = "CN=a"}), "'CN=a'");
  EXPECT_LT(SubjectText({.subject = std::string(1000, 'x')}).size(), 150u);
  const std::string pem = TestAuthority().Issue({.name = "a\nb\033[0m"}).cert_pem;
  EXPECT_EQ(SubjectText(NamesIn(pem)), "'CN=a\\0Ab\\1B[0m'");
}

}  // namespace
}  // namespace quorate::security
