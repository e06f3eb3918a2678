// A data directory with its log open, as a process has it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "storage/controller_log.h"
#include "storage/data_directory.h"
#include "storage/testing/await.h"

namespace quorate::storage {

struct Node {
  std::unique_ptr<DataDirectory> directory;
  std::unique_ptr<ControllerLog> log;
};

inline absl::StatusOr<Node> OpenNode(const std::string& path, ControllerLog::Options options = {}) {
  Rng rng(1);
  Node node;
  ASSIGN_OR_RETURN(node.directory,
                   DataDirectory::Open(path, {.cluster_id = "cluster", .node_id = 1}, rng));
  ASSIGN_OR_RETURN(node.log, ControllerLog::Open(node.directory.get(), std::move(options)));
  return node;
}

// Returns the payloads of all entries, in order.
inline absl::StatusOr<std::vector<std::string>> ReadAll(ControllerLog& log) {
  const raft::RestoredLog restored = log.TakeRestored();
  std::vector<std::string> payloads;
  for (LogIndex next(1); next <= restored.last_index;) {
    ASSIGN_OR_RETURN(const auto entries,
                     ReadAndWait(*log.log(), next, restored.last_index, 1 << 20));
    for (const raft::EntryPtr& entry : entries) payloads.emplace_back(entry->payload());
    next = entries.back()->index() + 1;
  }
  return payloads;
}

}  // namespace quorate::storage
