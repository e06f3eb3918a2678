// Tests how changed files replace the material in use.
#include "security/tls_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "base/check.h"
#include "security/testing/test_authority.h"

namespace quorate::security {
namespace {

class TlsStoreTest : public testing::Test {
 protected:
  TlsStoreTest() {
    auto store = TlsStore::Open(files_, CertificateUse::kServerAndClient);
    CHECK_OK(store.status());
    store_ = *std::move(store);
  }
  std::string Subject() { return store_->Current()->names.subject; }

  TestAuthority ca_;
  const TlsFiles files_ = WriteTlsFiles("store", ca_.Issue({.name = "first"}), ca_.pem());
  std::unique_ptr<TlsStore> store_;
};

TEST_F(TlsStoreTest, UnchangedFilesAreNotReadAgain) {
  const auto before = store_->Current();
  store_->Refresh();
  EXPECT_EQ(store_->Current(), before);
}

TEST_F(TlsStoreTest, ChangedFilesAreUsed) {
  const auto before = store_->Current();
  WriteTlsFiles("store", ca_.Issue({.name = "second"}), ca_.pem());
  store_->Refresh();
  EXPECT_EQ(Subject(), "CN=second");
  EXPECT_EQ(before->names.subject, "CN=first") << "who holds it may go on";
}

TEST_F(TlsStoreTest, FilesMayBeReplacedOneAfterTheOther) {
  const IssuedCertificate second = ca_.Issue({.name = "second"});
  ReplaceFile(files_.cert, second.cert_pem);
  store_->Refresh();
  EXPECT_EQ(Subject(), "CN=first") << "the key does not match yet";
  ReplaceFile(files_.key, second.key_pem);
  store_->Refresh();
  EXPECT_EQ(Subject(), "CN=second");
}

TEST_F(TlsStoreTest, AStartInTheMiddleOfAReplacementWaitsForItsEnd) {
  const IssuedCertificate second = ca_.Issue({.name = "second"});
  ReplaceFile(files_.key, second.key_pem);
  std::thread replacement([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ReplaceFile(files_.cert, second.cert_pem);
  });
  const auto opened = TlsStore::Open(files_, CertificateUse::kServerAndClient);
  replacement.join();
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ((*opened)->Current()->names.subject, "CN=second");
}

TEST_F(TlsStoreTest, UnsuitableFilesLeaveTheMaterialInUse) {
  for (const std::string& ca_pem : {std::string("nothing"), TestAuthority("other").pem()}) {
    ReplaceFile(files_.ca, ca_pem);
    store_->Refresh();
    EXPECT_EQ(store_->Current()->ca_pem, ca_.pem());
  }
  PCHECK(unlink(files_.ca.c_str()) == 0);
  store_->Refresh();
  EXPECT_EQ(store_->Current()->ca_pem, ca_.pem());
  ReplaceFile(files_.ca, ca_.pem() + TestAuthority("next").pem());
  store_->Refresh();
  EXPECT_GT(store_->Current()->ca_pem.size(), ca_.pem().size());
}

}  // namespace
}  // namespace quorate::security
