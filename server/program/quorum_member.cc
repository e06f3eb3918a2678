#include "server/program/quorum_member.h"

#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "metadata/metadata_image.h"
#include "server/node/limits.h"
#include "server/peer/peer_channel.h"
#include "server/program/run_and_wait.h"
#include "server/security/server_credentials.h"
#include "storage/data_loss.h"
#include "storage/snapshot_names.h"
#include "storage/voter_lists.h"

namespace quorate::server {
namespace {

// How long the leader waits before it sends a new high watermark in a separate message. Under load
// the next append usually comes sooner and carries it, which saves a message and a timer for each
// write. Without load the delay does not matter.
constexpr Duration kCommitLinger = std::chrono::milliseconds(3);

// How long calls of peers may take to end when the listener closes.
constexpr Duration kCloseTimeout = std::chrono::seconds(1);

// Returns the default limits, because options for clients must not keep controllers apart. Only the
// limit of the whole process is that of the configuration.
ConnectionLimits PeerConnectionLimits(const ControllerConfig& config) {
  ConnectionLimits limits = kConnectionLimits;
  limits.max_descriptors = config.connection_limits.max_descriptors;
  return limits;
}

PeerTransportOptions TransportOptions(const ControllerConfig& config, const ControllerTls& tls,
                                      const raft::ReplicaKey& self) {
  PeerTransportOptions options = {.cluster_id = config.cluster_id,
                                  .self = self,
                                  .observer = config.observer,
                                  .tls = tls.peers(),
                                  .identities = &tls.identities(),
                                  .max_metadata_version = metadata::kLatestMetadataVersion};
  // A refused dial proves a death after one round trip. Silence gets as long.
  options.timings.death_grace = config.peer_round_trip;
  for (const ConfiguredVoter& voter : config.voters) {
    if (voter.node_id != config.node_id) options.peers.emplace(voter.node_id, voter.endpoint);
  }
  return options;
}

raft::RaftOptions MakeRaftOptions(const ControllerConfig& config, const raft::ReplicaKey& self) {
  raft::RaftOptions options;
  options.self = self;
  options.peer_endpoint = config.peer_advertise.ToString();
  if (config.client_advertise.port != 0) {
    options.client_endpoint = config.client_advertise.ToString();
  }
  for (const ConfiguredVoter& voter : config.voters) {
    options.configured_voters.push_back(voter.node_id);
  }
  options.observer = config.observer;
  options.max_metadata_version = metadata::kLatestMetadataVersion;
  options.heartbeat_interval = config.heartbeat_interval;
  options.election_timeout_min = config.election_timeout_min;
  options.election_timeout_max = config.election_timeout_max;
  options.check_quorum_timeout = config.election_timeout_max;
  // One survivor of a dead leader has its pre-vote and its vote before the next one stands, and two
  // that lost a round rarely repeat it within the same round trip.
  options.death_jitter = config.peer_round_trip;
  options.death_stagger = 3 * config.peer_round_trip;
  options.death_retry_min = 2 * config.peer_round_trip;
  options.death_retry_max = 6 * config.peer_round_trip;
  options.commit_linger = kCommitLinger;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<QuorumMember>> QuorumMember::Open(
    const ControllerConfig& config, ControllerTls* tls, uint64_t seed,
    const storage::FatalHandler& on_fatal) {
  Rng rng(seed);
  ASSIGN_OR_RETURN(std::unique_ptr<storage::DataDirectory> directory,
                   storage::DataDirectory::Open(config.data_dir,
                                                {.role = storage::Role::kController,
                                                 .cluster_id = config.cluster_id,
                                                 .node_id = config.node_id.value()},
                                                rng));
  ASSIGN_OR_RETURN(
      std::unique_ptr<storage::ControllerLog> log,
      storage::ControllerLog::Open(
          directory.get(), {.min_free_bytes = static_cast<uint64_t>(config.min_free_disk_bytes),
                            .on_fatal = on_fatal}));
  std::unique_ptr<QuorumMember> member(
      new QuorumMember(config, tls, std::move(directory), std::move(log)));
  RETURN_IF_ERROR(member->OpenSnapshots());
  RETURN_IF_ERROR(member->CreateNode(seed, on_fatal));
  return member;
}

QuorumMember::QuorumMember(const ControllerConfig& config, ControllerTls* tls,
                           std::unique_ptr<storage::DataDirectory> directory,
                           std::unique_ptr<storage::ControllerLog> log)
    : config_(config),
      tls_(tls),
      data_directory_(std::move(directory)),
      log_(std::move(log)),
      self_{config.node_id, data_directory_->directory_id()},
      transport_(TransportOptions(config, *tls, self_), &loops_.raft, &loops_.decide, &clock_) {}

QuorumMember::~QuorumMember() { Stop(); }

absl::Status QuorumMember::OpenSnapshots() {
  ASSIGN_OR_RETURN(snapshot_files_, storage::DiskSnapshotFiles::Open(data_directory_->path() + "/" +
                                                                     storage::kSnapshotsName));
  metadata::MetadataImage newest;
  ASSIGN_OR_RETURN(snapshots_,
                   storage::FileSnapshotStore::Open(&*snapshot_files_, &loops_.snapshot,
                                                    [&newest](storage::SnapshotReader& reader) {
                                                      auto image = LoadImage(reader);
                                                      if (!image.ok()) return image.status();
                                                      newest = *std::move(image);
                                                      return absl::OkStatus();
                                                    }));
  if (const auto meta = snapshots_->Newest()) loaded_ = {meta->id, std::move(newest)};
  writer_.emplace(
      storage::BackgroundSnapshotWriter::Options{
          .bytes_per_second = static_cast<size_t>(config_.snapshot_max_bytes_per_second)},
      snapshots_.get(), &*snapshot_files_, &loops_.snapshot, &clock_);
  return absl::OkStatus();
}

absl::Status QuorumMember::CreateNode(uint64_t seed, const storage::FatalHandler& on_fatal) {
  raft::RestoredLog restored = log_->TakeRestored();
  restored.snapshot = snapshots_->Newest();
  restored.accepted_voter_lists = LoadVoterLists();
  auto raft = raft::RaftNode::Create(MakeRaftOptions(config_, self_), restored,
                                     {.executor = &loops_.raft,
                                      .clock = &clock_,
                                      .log = log_->log(),
                                      .transport = &transport_,
                                      .snapshots = snapshots_.get()},
                                     seed, on_fatal);
  if (!raft.ok()) return storage::ExplainLoss(*data_directory_, raft.status());
  raft_ = *std::move(raft);
  RememberVoterList(restored);
  return absl::OkStatus();
}

// Loads the voter lists that were accepted earlier. The file only decides which configurations are
// accepted, so a damaged file does not stop this node.
std::vector<storage::VoterList> QuorumMember::LoadVoterLists() const {
  auto lists = storage::VoterListFile(data_directory_->VoterListsPath()).Load();
  if (lists.ok()) return *std::move(lists);
  LOG(WARNING) << lists.status() << "; the file will be rewritten";
  return {};
}

// Stores the voter list of the accepted configuration, so that a later start does not take it for
// an edit if the log has changed the voters by then. Until there is a log or a founding set, the
// operator may still correct the list, and only the last one counts.
void QuorumMember::RememberVoterList(const raft::RestoredLog& restored) const {
  storage::VoterList list;
  for (const ConfiguredVoter& voter : config_.voters) list.push_back(voter.node_id);
  const bool is_member = restored.has_log() || restored.founding_voters;
  const auto& known = restored.accepted_voter_lists;
  const std::vector<storage::VoterList> lists =
      storage::WithVoterList(is_member ? known : std::vector<storage::VoterList>(), list);
  if (lists == known) return;
  const absl::Status stored =
      storage::VoterListFile(data_directory_->VoterListsPath()).Store(lists);
  if (!stored.ok()) {
    LOG(WARNING) << "cannot store the voter list, so a later start may refuse it: " << stored;
  }
}

absl::Status QuorumMember::Start(raft::ReplicatedLogListener* listener, audit::AuditLog* audit_log,
                                 ForwardHandler handler) {
  PeerService* const service = transport_.Serve(std::move(handler));
  ASSIGN_OR_RETURN(
      listener_,
      OpenListener(config_.peer_listen, "peer-listen",
                   MakeServerCredentials(tls_->peers(), Port::kPeer, &tls_->access(), audit_log),
                   kReservedFromPeers, PeerConnectionLimits(config_), connections_,
                   [service](grpc::ServerBuilder& builder, InterceptorCreators&) {
                     ConfigurePeerServer({}, &builder);
                     builder.RegisterService(service);
                   }));
  raft_->Start(listener);
  return absl::OkStatus();
}

void QuorumMember::Connect(std::string client_endpoint) {
  transport_.Start(raft_.get(), config_.peer_advertise.ToString(), std::move(client_endpoint));
}

bool QuorumMember::Leave(Duration timeout) {
  return RunAndWait(timeout, [this](auto done) { raft_->Stop(std::move(done)); });
}

void QuorumMember::Stop() {
  if (std::exchange(stopped_, true)) return;
  transport_.Stop();
  if (listener_.server != nullptr) Close(listener_, kCloseTimeout);
  loops_.Stop();
  LOG(INFO) << DescribeLongestTasks(loops_.Meters());
  // Ends the threads of the log before the objects that they call back are destroyed.
  log_.reset();
}

}  // namespace quorate::server
