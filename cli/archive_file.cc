#include "cli/archive_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::cli {
namespace {

struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

void ArchiveFile::Free::operator()(archive* writer) const { archive_write_free(writer); }

ArchiveFile::ArchiveFile(std::string path, std::time_t now)
    : path_(std::move(path)), now_(now), writer_(archive_write_new()) {
  CHECK(writer_ != nullptr) << "out of memory";
  CHECK_EQ(archive_write_add_filter_gzip(writer_.get()), ARCHIVE_OK);
  CHECK_EQ(archive_write_set_format_ustar(writer_.get()), ARCHIVE_OK);
}

absl::StatusOr<ArchiveFile> ArchiveFile::Create(const std::string& path, std::time_t now) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    const std::string message = absl::StrFormat("cannot create %s: %s", path, strerror(errno));
    return errno == EEXIST ? absl::AlreadyExistsError(message) : absl::UnavailableError(message);
  }
  close(fd);
  ArchiveFile file(path, now);
  if (archive_write_open_filename(file.writer_.get(), path.c_str()) != ARCHIVE_OK) {
    return file.ErrorOf("open");
  }
  return file;
}

absl::Status ArchiveFile::Add(const std::string& name, std::string_view content) {
  const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
  CHECK(entry != nullptr) << "out of memory";
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<int64_t>(content.size()));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0600);
  archive_entry_set_mtime(entry.get(), now_, 0);
  if (archive_write_header(writer_.get(), entry.get()) != ARCHIVE_OK ||
      archive_write_data(writer_.get(), content.data(), content.size()) !=
          static_cast<la_ssize_t>(content.size())) {
    return ErrorOf("write");
  }
  return absl::OkStatus();
}

absl::Status ArchiveFile::Finish() {
  return archive_write_close(writer_.get()) == ARCHIVE_OK ? absl::OkStatus() : ErrorOf("write");
}

absl::Status ArchiveFile::ErrorOf(const std::string& what) const {
  const char* reason = archive_error_string(writer_.get());
  return absl::UnavailableError(absl::StrFormat("cannot %s %s: %s", what, path_,
                                                reason == nullptr ? "unknown error" : reason));
}

}  // namespace quorate::cli
