#include "security/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "security/file_reader.h"
#include "security/node_uri.h"
#include "security/openssl.h"

namespace quorate::security {
namespace {

// Far above a chain or a revocation list of thousands of entries.
constexpr size_t kMaxFileBytes = size_t{4} << 20;

using StorePtr = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>>;
// The stack does not own its certificates.
void FreeStack(STACK_OF(X509) * stack) { sk_X509_free(stack); }
using StackPtr = std::unique_ptr<STACK_OF(X509), OpensslFree<FreeStack>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>>;

// One of the files, by the name of its option: "tls-cert '/etc/quorate/tls/server.pem'".
struct File {
  std::string option;
  std::string path;
  std::string text;

  std::string Name() const { return absl::StrFormat("%s '%s'", option, path); }
};

absl::Status Refuse(const std::string& what) { return absl::FailedPreconditionError(what); }

absl::StatusOr<File> Read(const TlsFiles& files, const char* name, const std::string& path) {
  File file = {absl::StrCat(files.option_prefix, name), path, ""};
  ASSIGN_OR_RETURN(file.text, ReadFile(file.Name(), path, kMaxFileBytes));
  return file;
}

absl::StatusOr<std::vector<CertificatePtr>> Certificates(const File& file) {
  std::vector<CertificatePtr> found = ParseCertificates(file.text);
  if (found.empty()) {
    return Refuse(absl::StrFormat("%s contains no certificate in PEM format", file.Name()));
  }
  return found;
}

// The passphrase of an encrypted key: none, so that OpenSSL does not ask for it on the terminal.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*is_write*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

absl::StatusOr<KeyPtr> Key(const File& file) {
  bool is_encrypted = false;
  KeyPtr key(
      PEM_read_bio_PrivateKey(ReadOnly(file.text).get(), nullptr, NoPassphrase, &is_encrypted));
  ERR_clear_error();
  if (key != nullptr) return key;
  if (is_encrypted) {
    return Refuse(absl::StrFormat(
        "%s is encrypted: give a key without a passphrase (openssl pkey -in FILE -out FILE), and "
        "protect the file by its owner and mode",
        file.Name()));
  }
  return Refuse(absl::StrFormat("%s contains no private key in PEM format", file.Name()));
}

absl::Status CheckDates(const File& cert, const X509* certificate) {
  const SystemTime now = std::chrono::system_clock::now();
  const SystemTime end = TimeOf(X509_get0_notAfter(certificate));
  const SystemTime start = TimeOf(X509_get0_notBefore(certificate));
  if (end < now) {
    return Refuse(absl::StrFormat("%s expired at %s: renew it", cert.Name(), TimeText(end)));
  }
  if (start > now) {
    return Refuse(absl::StrFormat("%s is not valid before %s: check the clock of this machine",
                                  cert.Name(), TimeText(start)));
  }
  return absl::OkStatus();
}

absl::Status CheckUse(const File& cert, X509* certificate, CertificateUse use) {
  struct Purpose {
    int id;
    const char* name;
  };
  std::vector<Purpose> purposes = {{X509_PURPOSE_SSL_CLIENT, "clientAuth"}};
  if (use == CertificateUse::kServerAndClient) {
    purposes.push_back({X509_PURPOSE_SSL_SERVER, "serverAuth"});
  }
  for (const Purpose& purpose : purposes) {
    if (X509_check_purpose(certificate, purpose.id, /*ca=*/0) == 1) continue;
    return Refuse(
        absl::StrFormat("%s is not made for %s: issue one whose extended key usage lists it",
                        cert.Name(), purpose.name));
  }
  return absl::OkStatus();
}

absl::Status CheckSigned(const File& cert, const std::vector<CertificatePtr>& chain, const File& ca,
                         const std::vector<CertificatePtr>& cas) {
  const StorePtr store(X509_STORE_new());
  const StoreContextPtr context(X509_STORE_CTX_new());
  const StackPtr between(sk_X509_new_null());
  CHECK(store != nullptr && context != nullptr && between != nullptr);
  for (const CertificatePtr& each : cas) X509_STORE_add_cert(store.get(), each.get());
  for (size_t i = 1; i < chain.size(); ++i) sk_X509_push(between.get(), chain[i].get());
  // As gRPC verifies the other side's certificate.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  CHECK_EQ(X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), between.get()), 1);
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  const X509* const at = X509_STORE_CTX_get_current_cert(context.get());
  ERR_clear_error();
  return Refuse(
      absl::StrFormat("no CA in %s vouches for %s: %s (at '%s')", ca.Name(), cert.Name(),
                      X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())),
                      NameText(X509_get_subject_name(at == nullptr ? chain.front().get() : at))));
}

// Returns what is wrong with the owner of the certificate, or nullopt if nothing is.
std::optional<std::string> OwnerProblem(const File& cert, const CertificateNames& names,
                                        const RequiredOwner& required) {
  if (required.identities == nullptr) return std::nullopt;
  const absl::StatusOr<Identity> found = required.identities->Find(names);
  if (found.ok() && *found == required.owner) return std::nullopt;
  const std::string uri = UriOf(required.identities->cluster_id(), required.owner);
  if (std::find(names.uris.begin(), names.uris.end(), uri) != names.uris.end()) {
    return absl::StrFormat("%s cannot be used: %s", cert.Name(), found.status().message());
  }
  return absl::StrFormat(
      "%s names %s and not %s: issue one whose subject alternative names contain that URI",
      cert.Name(), UrisText(names.uris), uri);
}

std::string TrustedText(const std::vector<CertificatePtr>& cas) {
  constexpr size_t kMaxNamed = 4;
  if (cas.size() > kMaxNamed) return absl::StrCat(cas.size(), " CAs");
  return absl::StrJoin(cas, " and ", [](std::string* text, const CertificatePtr& ca) {
    absl::StrAppend(text, "'", NameText(X509_get_subject_name(ca.get())), "'");
  });
}

void WarnOfOpenKey(const File& key, std::vector<std::string>& warnings) {
  struct stat info = {};
  if (stat(key.path.c_str(), &info) == 0 && (info.st_mode & S_IROTH) != 0) {
    warnings.push_back(absl::StrFormat(
        "every user of this machine can read %s: take the permission away (chmod o-r)",
        key.Name()));
  }
}

absl::Status LoadRevocations(const TlsFiles& files, TlsMaterial& material) {
  if (files.crl.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const File crl, Read(files, "crl", files.crl));
  absl::StatusOr<RevocationList> revoked = RevocationList::Parse(crl.text, material.ca_pem);
  if (!revoked.ok()) {
    return Refuse(absl::StrFormat("%s cannot be used: %s", crl.Name(),
                                  std::string(revoked.status().message())));
  }
  for (const std::string& overdue : revoked->Overdue()) {
    material.warnings.push_back(absl::StrFormat("%s is out of date: %s", crl.Name(), overdue));
  }
  material.revoked = *std::move(revoked);
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckComplete(const TlsFiles& files) {
  if (!files.is_set()) return absl::OkStatus();
  for (const auto& [name, path] : {std::pair<const char*, const std::string&>{"cert", files.cert},
                                   {"key", files.key},
                                   {"ca", files.ca}}) {
    if (path.empty()) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%scert, %skey and %sca belong together, and %s%s is missing", files.option_prefix,
          files.option_prefix, files.option_prefix, files.option_prefix, name));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const TlsMaterial>> LoadTlsMaterial(const TlsFiles& files,
                                                                   CertificateUse use,
                                                                   const RequiredOwner& owner) {
  ASSIGN_OR_RETURN(File cert, Read(files, "cert", files.cert));
  ASSIGN_OR_RETURN(File key_file, Read(files, "key", files.key));
  ASSIGN_OR_RETURN(File ca, Read(files, "ca", files.ca));
  ASSIGN_OR_RETURN(const std::vector<CertificatePtr> chain, Certificates(cert));
  ASSIGN_OR_RETURN(const std::vector<CertificatePtr> cas, Certificates(ca));
  ASSIGN_OR_RETURN(const KeyPtr key, Key(key_file));
  X509* const certificate = chain.front().get();
  if (X509_check_private_key(certificate, key.get()) != 1) {
    ERR_clear_error();
    return Refuse(absl::StrFormat("%s is not the key of the first certificate in %s ('%s')",
                                  key_file.Name(), cert.Name(),
                                  NameText(X509_get_subject_name(certificate))));
  }
  RETURN_IF_ERROR(CheckDates(cert, certificate));
  RETURN_IF_ERROR(CheckUse(cert, certificate, use));
  RETURN_IF_ERROR(CheckSigned(cert, chain, ca, cas));

  auto material = std::make_shared<TlsMaterial>();
  material->trusted = TrustedText(cas);
  material->names = NamesOf(certificate);
  if (const auto problem = OwnerProblem(cert, material->names, owner)) {
    if (owner.is_strict) return Refuse(*problem);
    material->warnings.push_back(*problem);
  }
  material->not_after = TimeOf(X509_get0_notAfter(certificate));
  material->valid_until = TimeText(material->not_after);
  WarnOfOpenKey(key_file, material->warnings);
  material->ca_pem = std::move(ca.text);
  RETURN_IF_ERROR(LoadRevocations(files, *material));
  material->cert_pem = std::move(cert.text);
  material->key_pem = std::move(key_file.text);
  return std::shared_ptr<const TlsMaterial>(std::move(material));
}

std::optional<std::string> ExpiryWarning(const TlsMaterial& material, std::chrono::hours within) {
  const auto left = material.not_after - std::chrono::system_clock::now();
  if (left > within) return std::nullopt;
  if (left < std::chrono::seconds(0)) {
    return absl::StrFormat("the certificate '%s' expired at %s, so new connections fail: renew it",
                           material.names.subject, material.valid_until);
  }
  return absl::StrFormat("the certificate '%s' expires at %s: renew it before then",
                         material.names.subject, material.valid_until);
}

}  // namespace quorate::security
