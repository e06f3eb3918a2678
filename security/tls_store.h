// The certificate files in use, re-read when they change.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "security/file_reader.h"
#include "security/tls_files.h"

namespace quorate::security {

// Thread-safe.
class TlsStore {
 public:
  // Loads the files, or returns null if none is given. `owner.identities` must outlive the store.
  // Errors are those of CheckComplete and LoadTlsMaterial. Files that do not pass the checks and
  // changed within the last second are read again until they pass or stay the same, because they
  // may be in the middle of a replacement.
  static absl::StatusOr<std::unique_ptr<TlsStore>> Open(TlsFiles files, CertificateUse use,
                                                        const RequiredOwner& owner = {});

  // Returns what new connections use, never null. Its `not_after` is when the certificate that is
  // really served expires.
  std::shared_ptr<const TlsMaterial> Current() const;

  // Loads the files again if one of them has changed since they were last read. Returns nullopt if
  // none has, else the result. After an error the current material stays in use, and the files are
  // read again when one of them changes, so they may be replaced one after the other. Blocks on the
  // disk.
  std::optional<absl::Status> Refresh();

 private:
  // Differs from an earlier one if a file was written or replaced in between.
  using Versions = std::vector<FileVersion>;

  TlsStore(TlsFiles files, CertificateUse use, RequiredOwner owner)
      : files_(std::move(files)), use_(use), owner_(std::move(owner)) {}

  absl::Status Load() ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  Versions FileVersions() const;
  // Returns whether a file had changed within the last second when the files were last read.
  bool ChangedRecently() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);

  const TlsFiles files_;
  const CertificateUse use_;
  const RequiredOwner owner_;
  // Held while the files are read, so that Current never waits for the disk.
  Mutex refresh_mutex_;
  // Of the files when they were last read.
  Versions versions_ ABSL_GUARDED_BY(refresh_mutex_);
  mutable Mutex mutex_;
  std::shared_ptr<const TlsMaterial> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::security
