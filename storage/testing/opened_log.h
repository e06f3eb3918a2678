// A log on an executor that tests advance by hand. It can be closed and opened again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/manual_executor.h"
#include "storage/kv_store.h"
#include "storage/log_recovery.h"
#include "storage/log_store.h"

namespace quorate::storage {

inline constexpr size_t kNoLimit = 64 << 20;

inline raft::ReplicaKey MakeKey(int32_t node, char fill) {
  return {.node_id = NodeId(node),
          .directory_id = *Uuid::FromBytes(std::string(Uuid::kBytes, fill))};
}

inline raft::VoterSet MakeVoters(std::vector<int32_t> nodes) {
  std::vector<raft::Voter> voters;
  for (const int32_t node : nodes) voters.push_back({.key = MakeKey(node, 'd')});
  return raft::VoterSet(std::move(voters));
}

inline std::vector<std::string> Payloads(const std::vector<raft::EntryPtr>& entries) {
  std::vector<std::string> payloads;
  for (const raft::EntryPtr& entry : entries) payloads.emplace_back(entry->payload());
  return payloads;
}

// The store must outlive it.
class OpenedLog {
 public:
  explicit OpenedLog(KvStore* kv) : kv_(kv) {}

  absl::Status Open() {
    log_.reset();
    absl::StatusOr<RecoveredLog> recovered = RecoverLog(*kv_);
    if (!recovered.ok()) return recovered.status();
    restored_ = recovered->restored;
    log_ = std::make_unique<LogStore>(
        kv_, *recovered,
        LogStore::Options{.writer = &executor_, .reader = &executor_, .on_fatal = [this](auto& s) {
                            fatal_ = s;
                          }});
    return absl::OkStatus();
  }

  // Queues a write without running the writer.
  void Queue(raft::LogWrite write) {
    write.id = ++last_write_id_;
    log_->Write(std::move(write), [this, id = last_write_id_](absl::Status status) {
      if (status.ok()) {
        completed_.push_back(id);
      } else {
        ++failed_;
      }
    });
  }
  void Run() { executor_.RunReady(); }
  void Write(raft::LogWrite write) {
    Queue(std::move(write));
    Run();
  }
  void Append(std::vector<raft::EntryPtr> entries) { Write({.entries = std::move(entries)}); }

  absl::StatusOr<std::vector<raft::EntryPtr>> Read(int64_t from, int64_t to,
                                                   size_t max_bytes = kNoLimit) {
    return Await([&](raft::DurableLog::ReadCallback done) {
      log_->Read(LogIndex(from), LogIndex(to), max_bytes, std::move(done));
    });
  }
  absl::StatusOr<std::vector<raft::EntryPtr>> ReadFromOffset(int64_t offset, int64_t to,
                                                             size_t max_bytes = kNoLimit) {
    return Await([&](raft::DurableLog::ReadCallback done) {
      log_->ReadFromOffset(RecordOffset(offset), LogIndex(to), max_bytes, std::move(done));
    });
  }

  LogStore& log() { return *log_; }
  const raft::RestoredLog& restored() const { return restored_; }
  const std::vector<raft::WriteId>& completed() const { return completed_; }
  int failed() const { return failed_; }
  const absl::Status& fatal() const { return fatal_; }

 private:
  template <typename Start>
  absl::StatusOr<std::vector<raft::EntryPtr>> Await(Start start) {
    absl::StatusOr<std::vector<raft::EntryPtr>> result = absl::UnknownError("not called");
    start([&](auto entries) { result = std::move(entries); });
    Run();
    return result;
  }

  KvStore* const kv_;
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  raft::RestoredLog restored_;
  std::unique_ptr<LogStore> log_;
  raft::WriteId last_write_id_ = 0;
  std::vector<raft::WriteId> completed_;
  int failed_ = 0;
  absl::Status fatal_;
};

}  // namespace quorate::storage
