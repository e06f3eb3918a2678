#include "security/tls_store.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/check.h"

namespace quorate::security {
namespace {

// Replacing all files, one after the other, takes less time than this.
constexpr std::chrono::seconds kSettleTime{1};
constexpr std::chrono::milliseconds kRetryPause{50};
// Ends the wait if a file changes all the time.
constexpr int kMaxRetries = 100;

}  // namespace

absl::StatusOr<std::unique_ptr<TlsStore>> TlsStore::Open(TlsFiles files, CertificateUse use,
                                                         const RequiredOwner& owner) {
  RETURN_IF_ERROR(CheckComplete(files));
  if (!files.is_set()) return nullptr;
  std::unique_ptr<TlsStore> store(new TlsStore(std::move(files), use, owner));
  MutexLock lock(&store->refresh_mutex_);
  absl::Status loaded = store->Load();
  for (int i = 0; i < kMaxRetries && !loaded.ok() && store->ChangedRecently(); ++i) {
    std::this_thread::sleep_for(kRetryPause);
    loaded = store->Load();
  }
  RETURN_IF_ERROR(loaded);
  return store;
}

std::shared_ptr<const TlsMaterial> TlsStore::Current() const {
  MutexLock lock(&mutex_);
  return current_;
}

std::optional<absl::Status> TlsStore::Refresh() {
  MutexLock lock(&refresh_mutex_);
  if (FileVersions() == versions_) return std::nullopt;
  return Load();
}

absl::Status TlsStore::Load() {
  // Taken before the files are read: a file that changes meanwhile is read again.
  versions_ = FileVersions();
  ASSIGN_OR_RETURN(std::shared_ptr<const TlsMaterial> loaded,
                   LoadTlsMaterial(files_, use_, owner_));
  MutexLock lock(&mutex_);
  current_ = std::move(loaded);
  return absl::OkStatus();
}

bool TlsStore::ChangedRecently() const {
  const auto now = std::chrono::system_clock::now();
  return std::any_of(versions_.begin(), versions_.end(), [now](const FileVersion& version) {
    return version.changed <= now && now - version.changed < kSettleTime;
  });
}

TlsStore::Versions TlsStore::FileVersions() const {
  Versions versions;
  for (const std::string& path : {files_.cert, files_.key, files_.ca, files_.crl}) {
    // An empty path has the version of a missing file.
    versions.push_back(VersionOf(path));
  }
  return versions;
}

}  // namespace quorate::security
