// Calls that block on a log that works on its own threads.
#pragma once

#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "raft/api/durable_log.h"

namespace quorate::storage {

inline absl::Status WriteAndWait(raft::DurableLog& log, raft::LogWrite write) {
  auto result = std::make_shared<std::promise<absl::Status>>();
  log.Write(std::move(write),
            [result](absl::Status status) { result->set_value(std::move(status)); });
  return result->get_future().get();
}

inline absl::StatusOr<std::vector<raft::EntryPtr>> ReadAndWait(raft::DurableLog& log, LogIndex from,
                                                               LogIndex to, size_t max_bytes) {
  using Result = absl::StatusOr<std::vector<raft::EntryPtr>>;
  auto result = std::make_shared<std::promise<Result>>();
  log.Read(from, to, max_bytes,
           [result](Result entries) { result->set_value(std::move(entries)); });
  return result->get_future().get();
}

}  // namespace quorate::storage
