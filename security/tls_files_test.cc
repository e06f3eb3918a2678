// Tests which certificate files are accepted, and that each mistake gets a message that names the
// file.
#include "security/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <string>

#include "security/node_uri.h"
#include "security/testing/test_authority.h"

namespace quorate::security {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class TlsFilesTest : public testing::Test {
 protected:
  TlsFiles Write(const IssuedCertificate& issued) {
    return WriteTlsFiles("test", issued, ca_.pem());
  }
  static std::string Error(const TlsFiles& files,
                           CertificateUse use = CertificateUse::kServerAndClient) {
    const auto loaded = LoadTlsMaterial(files, use);
    return loaded.ok() ? "" : std::string(loaded.status().message());
  }

  TestAuthority ca_;
};

TEST_F(TlsFilesTest, SuitableFilesAreLoaded) {
  const IssuedCertificate issued = ca_.Issue({.name = "controller-1"});
  const auto loaded = LoadTlsMaterial(Write(issued), CertificateUse::kServerAndClient);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->names.subject, "CN=controller-1");
  EXPECT_EQ((*loaded)->cert_pem, issued.cert_pem);
  EXPECT_EQ((*loaded)->key_pem, issued.key_pem);
  EXPECT_EQ((*loaded)->ca_pem, ca_.pem());
  EXPECT_THAT((*loaded)->warnings, IsEmpty());
  const auto left = (*loaded)->not_after - std::chrono::system_clock::now();
  EXPECT_GT(left, std::chrono::minutes(50));
  EXPECT_LT(left, std::chrono::minutes(61));
}

TEST_F(TlsFilesTest, CertKeyAndCaBelongTogether) {
  EXPECT_TRUE(CheckComplete({}).ok());
  EXPECT_TRUE(CheckComplete({.cert = "c", .key = "k", .ca = "a"}).ok());
  EXPECT_THAT(CheckComplete({.cert = "c", .ca = "a"}).message(), HasSubstr("tls-key is missing"));
  EXPECT_THAT(CheckComplete({.crl = "r", .option_prefix = "peer-tls-"}).message(),
              HasSubstr("peer-tls-cert is missing"));
}

TEST_F(TlsFilesTest, AMissingFileIsNamed) {
  TlsFiles files = Write(ca_.Issue({}));
  files.key = "/nonexistent/key.pem";
  EXPECT_EQ(Error(files), "cannot read tls-key '/nonexistent/key.pem': No such file or directory");
}

TEST_F(TlsFilesTest, AFileWithoutItsContentsIsNamed) {
  TlsFiles files = Write(ca_.Issue({}));
  ReplaceFile(files.cert, "nothing");
  EXPECT_THAT(Error(files), AllOf(HasSubstr("tls-cert '"), HasSubstr("contains no certificate")));
  files = Write({ca_.Issue({}).cert_pem, "nothing"});
  EXPECT_THAT(Error(files), AllOf(HasSubstr("tls-key '"), HasSubstr("contains no private key")));
  files = Write(ca_.Issue({}));
  ReplaceFile(files.ca, ca_.pem().substr(0, ca_.pem().size() / 2));
  EXPECT_THAT(Error(files), AllOf(HasSubstr("tls-ca '"), HasSubstr("contains no certificate")));
}

TEST_F(TlsFilesTest, ADamagedCaBehindAnIntactOneIsNotIgnored) {
  const TlsFiles files = Write(ca_.Issue({}));
  std::string damaged = TestAuthority("second").pem();
  damaged[damaged.size() / 2] = '!';
  ReplaceFile(files.ca, ca_.pem() + damaged);
  EXPECT_THAT(Error(files), HasSubstr("contains no certificate"));
}

TEST_F(TlsFilesTest, AnEncryptedKeyIsRefusedWithoutAPrompt) {
  const IssuedCertificate issued = ca_.Issue({});
  EXPECT_THAT(Error(Write({issued.cert_pem, EncryptKey(issued.key_pem)})),
              AllOf(HasSubstr("tls-key '"), HasSubstr("is encrypted"), HasSubstr("openssl pkey")));
}

TEST_F(TlsFilesTest, AKeyOfAnotherCertificateIsRefused) {
  const TlsFiles files = Write({ca_.Issue({.name = "mine"}).cert_pem, ca_.Issue({}).key_pem});
  EXPECT_THAT(Error(files), AllOf(HasSubstr("test-key.pem' is not the key of the first"),
                                  HasSubstr("'CN=mine'")));
}

TEST_F(TlsFilesTest, ACertificateMustBeValidNow) {
  EXPECT_THAT(Error(Write(ca_.Issue({.valid_to = -std::chrono::seconds(10)}))),
              AllOf(HasSubstr("tls-cert '"), HasSubstr("expired at 20"), HasSubstr("renew it")));
  EXPECT_THAT(Error(Write(ca_.Issue({.valid_from = std::chrono::minutes(10)}))),
              HasSubstr("is not valid before 20"));
}

TEST_F(TlsFilesTest, ACertificateMayBeValidBeyondTheEndOfTheClock) {
  const auto loaded =
      LoadTlsMaterial(Write(ca_.Issue({.valid_to = std::chrono::hours(24 * 365 * 1000)})),
                      CertificateUse::kServerAndClient);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT((*loaded)->valid_until, StartsWith("2262-"));
  EXPECT_EQ(ExpiryWarning(**loaded, std::chrono::hours(1)), std::nullopt);
}

TEST_F(TlsFilesTest, TheEndOfACertificateIsAnnounced) {
  using std::chrono::hours;
  const auto loaded = LoadTlsMaterial(Write(ca_.Issue({.name = "n", .valid_to = hours(2)})),
                                      CertificateUse::kClient);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(ExpiryWarning(**loaded, hours(1)), std::nullopt);
  EXPECT_THAT(ExpiryWarning(**loaded, hours(3)).value_or(""), HasSubstr("'CN=n' expires at 20"));
  TlsMaterial old = **loaded;
  old.not_after -= hours(3);
  EXPECT_THAT(ExpiryWarning(old, hours(1)).value_or(""), HasSubstr("'CN=n' expired at 20"));
}

TEST_F(TlsFilesTest, TheTrustedCasAreNamed) {
  const TlsFiles files = Write(ca_.Issue({}));
  const auto trusted = [&files](const std::string& ca_pem) {
    ReplaceFile(files.ca, ca_pem);
    const auto loaded = LoadTlsMaterial(files, CertificateUse::kClient);
    return loaded.ok() ? (*loaded)->trusted : loaded.status().ToString();
  };
  EXPECT_EQ(trusted(TestAuthority("next").pem() + ca_.pem()), "'CN=next' and 'CN=Test CA'");
  std::string many = ca_.pem();
  for (int i = 0; i < 4; ++i) many += ca_.pem();
  EXPECT_EQ(trusted(many), "5 CAs");
}

TEST_F(TlsFilesTest, TheCaMustHaveSignedTheCertificate) {
  // The other CA has the same name, so that only the signature tells them apart.
  EXPECT_THAT(Error(Write(TestAuthority().Issue({}))),
              AllOf(HasSubstr("no CA in tls-ca '"), HasSubstr("vouches for tls-cert '")));
  const TlsFiles files = Write(ca_.Issue({}));
  ReplaceFile(files.ca, TestAuthority("other").pem() + ca_.pem());
  EXPECT_EQ(Error(files), "") << "one of several CAs is enough";
}

TEST_F(TlsFilesTest, ACertificateMustBeMadeForItsUse) {
  const TlsFiles client = Write(ca_.Issue({.uses = "clientAuth"}));
  EXPECT_EQ(Error(client, CertificateUse::kClient), "");
  EXPECT_THAT(Error(client), HasSubstr("is not made for serverAuth"));
  EXPECT_THAT(Error(Write(ca_.Issue({.uses = "serverAuth"})), CertificateUse::kClient),
              HasSubstr("is not made for clientAuth"));
  EXPECT_EQ(Error(Write(ca_.Issue({.uses = ""}))), "");
}

TEST_F(TlsFilesTest, ACertificateMayHaveToNameItsOwner) {
  const IdentityMap identities("MkU3OEVBNTcwNTJENDM2Qg");
  const std::string one = ControllerUri(identities.cluster_id(), NodeId(1));
  const std::string two = ControllerUri(identities.cluster_id(), NodeId(2));
  RequiredOwner owner = {&identities, Identity::Controller(NodeId(1))};
  const auto load = [&](const std::string& alternative_names) {
    return LoadTlsMaterial(Write(ca_.Issue({.alternative_names = alternative_names})),
                           CertificateUse::kClient, owner);
  };
  const auto loaded = load("URI:a://b,URI:" + one);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT((*loaded)->names.uris, ElementsAre("a://b", one));

  EXPECT_THAT(load("URI:a://b,URI:" + two).status().message(),
              AllOf(HasSubstr("tls-cert '"), HasSubstr("names a://b, " + two + " and not " + one)));
  EXPECT_THAT(load("URI:" + one + ",URI:" + two).status().message(),
              AllOf(HasSubstr("tls-cert '"), HasSubstr("several owners")));

  owner.is_strict = false;
  const auto questionable = load("URI:" + two);
  ASSERT_TRUE(questionable.ok()) << questionable.status();
  EXPECT_THAT((*questionable)->warnings, ElementsAre(HasSubstr("and not " + one)));
}

TEST_F(TlsFilesTest, AKeyThatEveryoneCanReadIsAWarning) {
  const TlsFiles files = Write(ca_.Issue({}));
  ASSERT_EQ(chmod(files.key.c_str(), 0644), 0);
  const auto loaded = LoadTlsMaterial(files, CertificateUse::kClient);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT((*loaded)->warnings, ElementsAre(HasSubstr("every user of this machine can read")));
}

TEST_F(TlsFilesTest, ARevocationListIsLoadedAndMustBeSigned) {
  const IssuedCertificate mine = ca_.Issue({});
  const IssuedCertificate stolen = ca_.Issue({.name = "stolen"});
  TlsFiles files = Write(mine);
  files.crl = TestDirectory() + "/test.crl";
  ReplaceFile(files.crl, ca_.Revoke({stolen}));
  const auto loaded = LoadTlsMaterial(files, CertificateUse::kClient);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_TRUE((*loaded)->revoked.Check(mine.cert_pem).ok());
  EXPECT_THAT((*loaded)->revoked.Check(stolen.cert_pem).message(),
              AllOf(HasSubstr("'CN=stolen'"), HasSubstr("serial number 02"), HasSubstr("revoked")));
  EXPECT_FALSE((*loaded)->revoked.Check("nothing").ok());

  ReplaceFile(files.crl, TestAuthority().Revoke({stolen}));
  EXPECT_THAT(Error(files), AllOf(HasSubstr("tls-crl '"), HasSubstr("not signed by any")));
  ReplaceFile(files.crl, "nothing");
  EXPECT_THAT(Error(files), HasSubstr("contains no revocation list"));
}

TEST_F(TlsFilesTest, AnOverdueRevocationListIsAWarning) {
  TlsFiles files = Write(ca_.Issue({}));
  files.crl = TestDirectory() + "/test.crl";
  ReplaceFile(files.crl, ca_.Revoke({}, -std::chrono::seconds(10)));
  const auto loaded = LoadTlsMaterial(files, CertificateUse::kClient);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT((*loaded)->warnings, ElementsAre(HasSubstr("is out of date")));
}

}  // namespace
}  // namespace quorate::security
