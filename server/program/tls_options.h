// The options that secure listeners. Both programs use them, so that the same option means the same
// in both.
#pragma once

#include <string>
#include <vector>

#include "base/host_port.h"
#include "security/tls_files.h"
#include "server/program/process_config.h"

namespace quorate::server {

// The texts for --help that depend on whom the certificate is shown to.
struct TlsHelp {
  std::string cert;
  std::string ca;
};

// Returns the options for the four files: "tls-cert", "tls-key", "tls-ca" and "tls-crl" with the
// prefix of `files`, which they write to and which must outlive them.
std::vector<Option> TlsOptions(security::TlsFiles& files, const TlsHelp& help);
Option RequireTlsOption(bool& require_tls);
Option RolesFileOption(std::string& roles_file);

// Checks the files of the listener that `option` opens at `address`. Returns INVALID_ARGUMENT if
// only some of them are given. If there are none and other machines can reach the listener, adds a
// warning to the configuration, or returns INVALID_ARGUMENT with --require-tls.
absl::Status CheckTls(const security::TlsFiles& files, const std::string& option,
                      const HostPort& address, ProcessConfig& config);

// Returns INVALID_ARGUMENT if there is a roles file although the process has no certificates.
absl::Status CheckRolesFile(const ProcessConfig& config, bool uses_tls);

}  // namespace quorate::server
