#include "server/program/tls_options.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "server/program/config_values.h"

namespace quorate::server {
namespace {

// Returns whether only processes of this machine can reach the address.
bool IsLoopback(const HostPort& address) {
  in_addr v4;
  if (inet_pton(AF_INET, address.host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
  }
  in6_addr v6;
  if (inet_pton(AF_INET6, address.host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return address.host == "localhost";
}

}  // namespace

std::vector<Option> TlsOptions(security::TlsFiles& files, const TlsHelp& help) {
  const std::string& prefix = files.option_prefix;
  return {{.name = prefix + "cert",
           .value_name = "FILE",
           .help = help.cert,
           .set = SetText(&files.cert)},
          {.name = prefix + "key",
           .value_name = "FILE",
           .help = "The private key (PEM, without a passphrase) of that certificate.",
           .set = SetText(&files.key)},
          {.name = prefix + "ca", .value_name = "FILE", .help = help.ca, .set = SetText(&files.ca)},
          {.name = prefix + "crl",
           .value_name = "FILE",
           .help = "The revocation lists (PEM) of those CAs. Default: none.",
           .set = SetText(&files.crl)}};
}

Option RequireTlsOption(bool& require_tls) {
  return {.name = "require-tls",
          .value_name = "",
          .help =
              "Refuse to start if a listener that other machines can reach is plain text. "
              "Without this option, that is a warning in the log.",
          .set = SetSwitch(&require_tls)};
}

Option RolesFileOption(std::string& roles_file) {
  return {
      .name = "roles-file",
      .value_name = "FILE",
      .help =
          "A file that gives roles to callers whose certificates have no URI of this cluster. "
          "Each line is a role and a subject or URI, such as 'admin CN=alice,O=corp' or "
          "'broker 3 URI:spiffe://corp/kafka/3' (docs/security.md, Roles). Use the same file on "
          "all controllers and brokers. Default: none, only the URIs count.",
      .set = SetText(&roles_file),
      .changes_with = "an edit of the file"};
}

absl::Status CheckTls(const security::TlsFiles& files, const std::string& option,
                      const HostPort& address, ProcessConfig& config) {
  RETURN_IF_ERROR(security::CheckComplete(files));
  if (files.is_set() || IsLoopback(address)) return absl::OkStatus();
  const std::string problem = absl::StrFormat(
      "%s %s is PLAIN TEXT and other machines can reach it: everyone who does can read and change "
      "everything; set %scert, %skey and %sca, or listen on 127.0.0.1",
      option, address.ToString(), files.option_prefix, files.option_prefix, files.option_prefix);
  if (config.require_tls) return absl::InvalidArgumentError(problem + " (require-tls is set)");
  config.warnings.push_back(problem);
  return absl::OkStatus();
}

absl::Status CheckRolesFile(const ProcessConfig& config, bool uses_tls) {
  if (config.roles_file.empty() || uses_tls) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "roles-file gives roles to certificates, and this process uses none: set tls-cert, tls-key "
      "and "
      "tls-ca");
}

}  // namespace quorate::server
