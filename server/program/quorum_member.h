// The lower half of a controller process: its event loops, its disk, and its member of the quorum,
// which replicates the log. The upper half (controller_server.cc) decides what is appended and
// serves clients.
//
//   Open -> construct the upper half -> Start -> Connect -> ... -> Stop -> destroy the upper half
//
// The peers can reach this process from Start on. This process sends to them from Connect on, when
// it can tell them where its clients reach it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "audit/audit_log.h"
#include "base/clock.h"
#include "raft/node/raft_node.h"
#include "server/calls/listener.h"
#include "server/node/snapshot_scheduler.h"
#include "server/peer/peer_transport.h"
#include "server/program/controller_config.h"
#include "server/program/controller_loops.h"
#include "server/program/controller_tls.h"
#include "storage/background_snapshot_writer.h"
#include "storage/controller_log.h"
#include "storage/data_directory.h"
#include "storage/disk_snapshot_files.h"
#include "storage/fatal.h"
#include "storage/file_snapshot_store.h"
#include "storage/voter_lists.h"

namespace quorate::server {

// Not thread-safe.
class QuorumMember {
 public:
  // Opens the data directory and restores the log and the newest snapshot. An error leaves nothing
  // changed, and its message names the problem and the remedy. `tls` secures all connections to
  // peers and must outlive the member. `on_fatal` is called, on any thread, when the process cannot
  // go on. `seed` feeds all randomness.
  static absl::StatusOr<std::unique_ptr<QuorumMember>> Open(const ControllerConfig& config,
                                                            ControllerTls* tls, uint64_t seed,
                                                            const storage::FatalHandler& on_fatal);
  // Calls Stop.
  ~QuorumMember();

  // Takes the snapshot that the member starts with, if there is one. Returns nullopt later.
  std::optional<SnapshotScheduler::Loaded> TakeLoaded() {
    return std::exchange(loaded_, std::nullopt);
  }

  // Opens the peer listener and starts the Raft node. `listener` receives what the log reports,
  // `audit_log` the calls that the peer listener refuses, and `handler` the requests that other
  // controllers forward. All must outlive Stop.
  absl::Status Start(raft::ReplicatedLogListener* listener, audit::AuditLog* audit_log,
                     ForwardHandler handler);
  // Starts to exchange messages with the peers. `client_endpoint` is the HOST:PORT at which clients
  // reach this process.
  void Connect(std::string client_endpoint);
  // Leaves the quorum in good order (RaftNode::Stop). Call it while the upper half still serves.
  // Returns false if that takes longer than `timeout`.
  bool Leave(Duration timeout);
  // Ends all connections to peers, all loops and the use of the disk. The upper half must exist
  // until then, because tasks on the loops use it. Idempotent.
  void Stop();

  const Clock& clock() const { return clock_; }
  Duration election_timeout_max() const { return config_.election_timeout_max; }
  ControllerLoops& loops() { return loops_; }
  raft::RaftNode& raft() { return *raft_; }
  const PeerTransport& transport() const { return transport_; }
  Forwarder* forwarder() { return transport_.forwarder(); }
  storage::FileSnapshotStore& snapshots() { return *snapshots_; }
  storage::BackgroundSnapshotWriter& snapshot_writer() { return *writer_; }
  const storage::FreeSpace& free_space() const { return log_->free_space(); }
  // REQUIRES: Stop was not called.
  const storage::ControllerLog& log() const { return *log_; }
  // Returns the bound port of the peer listener. REQUIRES: Start returned OK.
  uint16_t peer_port() const { return listener_.port; }
  const ConnectionInstruments& connections() const { return *connections_; }

 private:
  QuorumMember(const ControllerConfig& config, ControllerTls* tls,
               std::unique_ptr<storage::DataDirectory> directory,
               std::unique_ptr<storage::ControllerLog> log);

  absl::Status OpenSnapshots();
  absl::Status CreateNode(uint64_t seed, const storage::FatalHandler& on_fatal);
  std::vector<storage::VoterList> LoadVoterLists() const;
  void RememberVoterList(const raft::RestoredLog& restored) const;

  const ControllerConfig config_;
  ControllerTls* const tls_;
  const SystemClock clock_;
  std::unique_ptr<storage::DataDirectory> data_directory_;
  std::unique_ptr<storage::ControllerLog> log_;
  const raft::ReplicaKey self_;
  ControllerLoops loops_;
  std::optional<storage::DiskSnapshotFiles> snapshot_files_;
  std::unique_ptr<storage::FileSnapshotStore> snapshots_;
  std::optional<storage::BackgroundSnapshotWriter> writer_;
  std::optional<SnapshotScheduler::Loaded> loaded_;
  PeerTransport transport_;
  std::unique_ptr<raft::RaftNode> raft_;
  const std::shared_ptr<ConnectionInstruments> connections_ =
      std::make_shared<ConnectionInstruments>();
  Listener listener_;
  bool stopped_ = false;
};

}  // namespace quorate::server
