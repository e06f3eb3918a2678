// Every metric of both programs: its name, type and meaning. docs/metrics.md is generated from this
// table (metrics_document.h). The comments name the files that add the samples.
#pragma once

#include <span>
#include <string_view>

#include "server/metrics/metric.h"

namespace quorate::server {

// process_metrics.h. The names that begin with process_ are those of all Prometheus clients.

inline constexpr Metric kBuildInfo = {
    .name = "quorate_build_info",
    .type = MetricType::kGauge,
    .help = "Always 1. The labels name the program and its version.",
    .labels = "program,version",
};
inline constexpr Metric kProcessStartTime = {
    .name = "process_start_time_seconds",
    .type = MetricType::kGauge,
    .help = "When the process started, in seconds since the Unix epoch.",
};
inline constexpr Metric kClock = {
    .name = "quorate_clock_seconds",
    .type = MetricType::kGauge,
    .help = "The wall clock of the process, in seconds since the Unix epoch.",
};
inline constexpr Metric kProcessCpu = {
    .name = "process_cpu_seconds_total",
    .type = MetricType::kCounter,
    .help = "The CPU time that the process has used.",
};
inline constexpr Metric kProcessResidentMemory = {
    .name = "process_resident_memory_bytes",
    .type = MetricType::kGauge,
    .help = "The physical memory that the process uses.",
};
inline constexpr Metric kProcessVirtualMemory = {
    .name = "process_virtual_memory_bytes",
    .type = MetricType::kGauge,
    .help = "The address space that the process uses.",
};
inline constexpr Metric kProcessOpenDescriptors = {
    .name = "process_open_fds",
    .type = MetricType::kGauge,
    .help = "The number of open file descriptors.",
};
inline constexpr Metric kProcessMaxDescriptors = {
    .name = "process_max_fds",
    .type = MetricType::kGauge,
    .help = "The limit on open file descriptors.",
};
inline constexpr Metric kLogLinesDropped = {
    .name = "quorate_log_lines_dropped_total",
    .type = MetricType::kCounter,
    .help = "Log lines that were dropped because the reader of the log was too slow or gone.",
};

inline constexpr Metric kMetricsComplete = {
    .name = "quorate_metrics_complete",
    .type = MetricType::kGauge,
    .help =
        "1 if all parts of the process contributed to this page, 0 if one did not answer within "
        "a second.",
};
inline constexpr const Metric* kProcessMetrics[] = {&kBuildInfo,
                                                    &kProcessStartTime,
                                                    &kClock,
                                                    &kProcessCpu,
                                                    &kProcessResidentMemory,
                                                    &kProcessVirtualMemory,
                                                    &kProcessOpenDescriptors,
                                                    &kProcessMaxDescriptors,
                                                    &kLogLinesDropped,
                                                    &kMetricsComplete};

// tls_metrics.h. Only with TLS.

inline constexpr Metric kTlsExpiry = {
    .name = "quorate_tls_certificate_expiry_timestamp_seconds",
    .type = MetricType::kGauge,
    .help =
        "When the certificate expires that new connections get, in seconds since the Unix epoch. "
        "The label port is client or peer, and broker in a broker.",
    .labels = "port",
};
inline constexpr Metric kTlsRefusedCalls = {
    .name = "quorate_tls_refused_calls_total",
    .type = MetricType::kCounter,
    .help =
        "Calls that were refused because of the caller's certificate. The label reason is revoked, "
        "no_role (it gives its owner no role), role (the role may not make the call), not_served "
        "(the port does not serve the call), or other_broker (a broker named another broker).",
    .labels = "reason",
};
inline constexpr const Metric* kTlsMetrics[] = {&kTlsExpiry, &kTlsRefusedCalls};

// connection_metrics.h

inline constexpr Metric kConnectionsWaiting = {
    .name = "quorate_connections_waiting",
    .type = MetricType::kGauge,
    .help =
        "Accepted connections that have not sent their first bytes, or that wait because too "
        "many others are opening. The label port is client or peer, and broker in a broker.",
    .labels = "port",
};
inline constexpr Metric kConnectionsOpening = {
    .name = "quorate_connections_opening",
    .type = MetricType::kGauge,
    .help = "Connections in their handshakes, or before their first call.",
    .labels = "port",
};
inline constexpr Metric kConnectionsClosed = {
    .name = "quorate_connections_closed_total",
    .type = MetricType::kCounter,
    .help =
        "Connections that were closed before they opened: host_limit (its host has too many), "
        "waiting_limit (too many wait), timeout (no complete greeting of TLS or HTTP/2), http1, "
        "unknown_bytes (neither TLS nor HTTP/2), slow_handshake (while others waited).",
    .labels = "port,reason",
};
inline constexpr const Metric* kConnectionMetrics[] = {&kConnectionsWaiting, &kConnectionsOpening,
                                                       &kConnectionsClosed};

// loop_metrics.h

inline constexpr Metric kLoopQueuedTasks = {
    .name = "quorate_loop_queued_tasks",
    .type = MetricType::kGauge,
    .help = "The number of tasks that wait for an event loop.",
    .labels = "loop",
};
inline constexpr Metric kLoopWait = {
    .name = "quorate_loop_wait_seconds",
    .type = MetricType::kHistogram,
    .help = "How long the first task of each round waited for its event loop.",
    .labels = "loop",
    .kafka = "ControllerEventManager: EventQueueTimeMs",
};
inline constexpr Metric kLoopBusy = {
    .name = "quorate_loop_busy_seconds",
    .type = MetricType::kGauge,
    .help = "How long the running task of an event loop has been running; 0 if there is none.",
    .labels = "loop",
};
inline constexpr Metric kLoopLongestTask = {
    .name = "quorate_loop_longest_task_seconds",
    .type = MetricType::kGauge,
    .help = "The longest time for which a task of an event loop has run.",
    .labels = "loop",
    .kafka = "ControllerEventManager: EventQueueProcessingTimeMs",
};
inline constexpr Metric kLoopSlowTasks = {
    .name = "quorate_loop_slow_tasks_total",
    .type = MetricType::kCounter,
    .help = "Tasks that ran on an event loop for longer than 20 ms.",
    .labels = "loop",
};
inline constexpr const Metric* kLoopMetrics[] = {&kLoopQueuedTasks, &kLoopWait, &kLoopBusy,
                                                 &kLoopLongestTask, &kLoopSlowTasks};

// quorum_metrics.h

inline constexpr Metric kActiveController = {
    .name = "quorate_active_controller",
    .type = MetricType::kGauge,
    .help =
        "1 if this controller is the active controller, otherwise 0. The sum over all "
        "controllers is 1, except during an election.",
    .kafka = "KafkaController: ActiveControllerCount",
};
inline constexpr Metric kLeaderId = {
    .name = "quorate_raft_leader_id",
    .type = MetricType::kGauge,
    .help = "The node id of the leader that this controller knows; -1 if it knows none.",
    .kafka = "raft-metrics: current-leader",
};
inline constexpr Metric kEpoch = {
    .name = "quorate_raft_epoch",
    .type = MetricType::kGauge,
    .help = "The epoch of this controller. It grows with every election.",
    .kafka = "raft-metrics: current-epoch",
};
inline constexpr Metric kRole = {
    .name = "quorate_raft_role",
    .type = MetricType::kGauge,
    .help =
        "1 for the role that this controller has (leader, follower, observer, or unattached: a "
        "voter that knows no leader), 0 for the others.",
    .labels = "role",
    .kafka = "raft-metrics: current-state",
};
inline constexpr Metric kHighWatermark = {
    .name = "quorate_raft_high_watermark_offset",
    .type = MetricType::kGauge,
    .help = "The end offset of what this controller knows to be committed.",
    .kafka = "raft-metrics: high-watermark",
};
inline constexpr Metric kLogEndOffset = {
    .name = "quorate_raft_log_end_offset",
    .type = MetricType::kGauge,
    .help = "The end offset of this controller's log.",
    .kafka = "raft-metrics: log-end-offset",
};
inline constexpr Metric kVoters = {
    .name = "quorate_raft_voters",
    .type = MetricType::kGauge,
    .help = "The number of voters.",
};
inline constexpr Metric kPeerInSession = {
    .name = "quorate_raft_peer_in_session",
    .type = MetricType::kGauge,
    .help =
        "1 if this controller's stream to the other controller is up, otherwise 0. The label "
        "kind is voter or observer.",
    .labels = "peer,kind",
};
inline constexpr Metric kPeerLag = {
    .name = "quorate_raft_peer_lag_offsets",
    .type = MetricType::kGauge,
    .help =
        "How many offsets the durable log of the other controller is behind the log of this one. "
        "Only the active controller has it.",
    .labels = "peer,kind",
    .kafka = "kafka-metadata-quorum: Lag",
};
inline constexpr Metric kPeerLastContact = {
    .name = "quorate_raft_peer_last_contact_seconds",
    .type = MetricType::kGauge,
    .help =
        "The time since the other controller last answered this one. Only the active "
        "controller has it.",
    .labels = "peer,kind",
};
inline constexpr const Metric* kQuorumMetrics[] = {
    &kActiveController, &kLeaderId, &kEpoch,         &kRole,    &kHighWatermark,
    &kLogEndOffset,     &kVoters,   &kPeerInSession, &kPeerLag, &kPeerLastContact};

// raft_metrics.h

inline constexpr Metric kRaftElections = {
    .name = "quorate_raft_elections_total",
    .type = MetricType::kCounter,
    .help =
        "Elections in which this controller stood. The label cause is start (it has known no "
        "leader since it started), leader_died (the connection to the leader broke), resignation "
        "(the leader resigned), transfer (the leader handed over to it) or timeout (nothing came "
        "from a leader for an election timeout). An election lasts until a leader is known.",
    .labels = "cause",
};
inline constexpr Metric kElectionTimeout = {
    .name = "quorate_raft_election_timeout_seconds",
    .type = MetricType::kGauge,
    .help =
        "The configured longest election timeout: how long this controller waits at most for a "
        "message of the leader before it stands.",
};
inline constexpr Metric kElectionDuration = {
    .name = "quorate_raft_won_election_seconds",
    .type = MetricType::kHistogram,
    .help =
        "How long the elections took that this controller won, from its first candidacy until it "
        "led. Their count is the number of times that it became leader.",
    .kafka = "raft-metrics: election-latency-avg, election-latency-max",
};
inline constexpr Metric kLeadershipEnds = {
    .name = "quorate_raft_leadership_ends_total",
    .type = MetricType::kCounter,
    .help =
        "How often this controller stopped being leader. The label reason is deposed (a later "
        "epoch began), transferred (it handed over), no_quorum (no majority answered), "
        "disk_stalled (its disk finished nothing), removed (it is not a voter any longer) or "
        "stopped (the process stopped).",
    .labels = "reason",
};
inline constexpr Metric kDistrustedClaims = {
    .name = "quorate_raft_distrusted_claims_total",
    .type = MetricType::kCounter,
    .help =
        "Messages that claimed an epoch and were not believed, because the sender is not known as "
        "a voter or the epoch is too far ahead.",
};
inline constexpr Metric kCommitLatency = {
    .name = "quorate_raft_commit_seconds",
    .type = MetricType::kHistogram,
    .help =
        "How long entries took on this leader from their append until they were committed. "
        "Entries that were appended together count once.",
    .kafka = "raft-metrics: commit-latency-avg, commit-latency-max",
};
inline constexpr Metric kAppendEntries = {
    .name = "quorate_raft_append_entries",
    .type = MetricType::kHistogram,
    .help = "The number of entries that were appended to this controller's log together.",
    .kafka = "raft-metrics: append-records-rate, fetch-records-rate",
};
inline constexpr Metric kAppendBytes = {
    .name = "quorate_raft_append_bytes",
    .type = MetricType::kHistogram,
    .help = "The size of the entries that were appended to this controller's log together.",
};
inline constexpr Metric kUncommittedBytes = {
    .name = "quorate_raft_uncommitted_bytes",
    .type = MetricType::kGauge,
    .help = "The size of the entries that this controller has appended and not yet committed.",
};
inline constexpr Metric kLogEntries = {
    .name = "quorate_raft_log_entries",
    .type = MetricType::kGauge,
    .help = "The number of entries in the log. Earlier entries are only in a snapshot.",
};
inline constexpr Metric kSnapshotTransfers = {
    .name = "quorate_raft_snapshot_transfers",
    .type = MetricType::kGauge,
    .help =
        "The number of other controllers to which this leader sends a snapshot, because they need "
        "entries that its log no longer holds.",
};
inline constexpr Metric kDiskIsStalled = {
    .name = "quorate_disk_stalled",
    .type = MetricType::kGauge,
    .help =
        "1 if the disk has finished nothing for so long that this controller may not lead, "
        "otherwise 0.",
};
inline constexpr const Metric* kRaftMetrics[] = {
    &kRaftElections,    &kElectionTimeout, &kElectionDuration, &kLeadershipEnds,
    &kDistrustedClaims, &kCommitLatency,   &kAppendEntries,    &kAppendBytes,
    &kUncommittedBytes, &kLogEntries,      &kDiskIsStalled,    &kSnapshotTransfers};

// storage_metrics.h

inline constexpr Metric kLogSync = {
    .name = "quorate_log_sync_seconds",
    .type = MetricType::kHistogram,
    .help = "How long a write to the log took until it was durable (fsync).",
};
inline constexpr Metric kLogWrittenBytes = {
    .name = "quorate_log_written_bytes_total",
    .type = MetricType::kCounter,
    .help = "The bytes that were written to the log. Compactions are not included.",
};
inline constexpr Metric kLogReads = {
    .name = "quorate_log_reads_total",
    .type = MetricType::kCounter,
    .help =
        "Values that were read from the log: what a start reads, and entries that memory no longer "
        "held.",
};
inline constexpr Metric kLogReadBytes = {
    .name = "quorate_log_read_bytes_total",
    .type = MetricType::kCounter,
    .help = "The bytes of these values.",
};
inline constexpr Metric kLogBytes = {
    .name = "quorate_log_size_bytes",
    .type = MetricType::kGauge,
    .help = "About how many bytes the log takes, in its files and in memory before it is flushed.",
};
inline constexpr Metric kDiskFreeBytes = {
    .name = "quorate_disk_free_bytes",
    .type = MetricType::kGauge,
    .help = "The free space of the file system that holds the data directory.",
};
inline constexpr Metric kDiskMinFreeBytes = {
    .name = "quorate_disk_min_free_bytes",
    .type = MetricType::kGauge,
    .help =
        "With less free space than this (--min-free-disk-bytes), the controller writes nothing.",
};
inline constexpr Metric kSnapshotEndOffset = {
    .name = "quorate_snapshot_end_offset",
    .type = MetricType::kGauge,
    .help = "The end offset of the newest snapshot; 0 if there is none.",
};
inline constexpr Metric kSnapshotBytes = {
    .name = "quorate_snapshot_size_bytes",
    .type = MetricType::kGauge,
    .help = "The size of the newest snapshot; 0 if there is none.",
    .kafka = "SnapshotEmitter: LatestSnapshotGeneratedBytes",
};
inline constexpr Metric kSnapshotAge = {
    .name = "quorate_snapshot_age_seconds",
    .type = MetricType::kGauge,
    .help = "The time since the last entry in the newest snapshot was appended.",
    .kafka = "SnapshotEmitter: LatestSnapshotGeneratedAgeMs",
};
inline constexpr Metric kSnapshotWrite = {
    .name = "quorate_snapshot_write_seconds",
    .type = MetricType::kHistogram,
    .help = "How long the snapshots took that this controller wrote, at a bounded rate.",
};
inline constexpr Metric kSnapshotFailures = {
    .name = "quorate_snapshot_failures_total",
    .type = MetricType::kCounter,
    .help = "Snapshots that this controller could not write.",
};
inline constexpr Metric kSnapshotsReceived = {
    .name = "quorate_snapshots_received_total",
    .type = MetricType::kCounter,
    .help = "Snapshots that this controller received from a leader.",
    .kafka = "MetadataLoader: HandleLoadSnapshotCount",
};
inline constexpr Metric kSnapshotReceivedBytes = {
    .name = "quorate_snapshot_received_bytes_total",
    .type = MetricType::kCounter,
    .help = "The bytes of snapshots that this controller received, also of incomplete ones.",
};
inline constexpr const Metric* kStorageMetrics[] = {
    &kLogSync,       &kLogWrittenBytes,  &kLogReads,          &kLogReadBytes,         &kLogBytes,
    &kDiskFreeBytes, &kDiskMinFreeBytes, &kSnapshotEndOffset, &kSnapshotBytes,        &kSnapshotAge,
    &kSnapshotWrite, &kSnapshotFailures, &kSnapshotsReceived, &kSnapshotReceivedBytes};

// peer_metrics.h

inline constexpr Metric kPeerFailedDials = {
    .name = "quorate_peer_failed_dials_total",
    .type = MetricType::kCounter,
    .help = "Attempts to open a stream to the other controller that failed.",
    .labels = "peer",
};
inline constexpr Metric kPeerOpenedStreams = {
    .name = "quorate_peer_opened_streams_total",
    .type = MetricType::kCounter,
    .help =
        "Streams to the other controller that came up. There are three at a time: for control "
        "messages, entries and snapshots.",
    .labels = "peer",
};
inline constexpr Metric kPeerEndedStreams = {
    .name = "quorate_peer_ended_streams_total",
    .type = MetricType::kCounter,
    .help =
        "Streams to the other controller that ended: it stopped or died, or the connection broke.",
    .labels = "peer",
};
inline constexpr Metric kPeerDeaths = {
    .name = "quorate_peer_deaths_total",
    .type = MetricType::kCounter,
    .help = "How often the other controller was taken for dead, because its connection broke.",
    .labels = "peer",
};
inline constexpr Metric kPeerSentMessages = {
    .name = "quorate_peer_sent_messages_total",
    .type = MetricType::kCounter,
    .help = "Messages that were sent to the other controller.",
    .labels = "peer",
};
inline constexpr Metric kPeerSentBytes = {
    .name = "quorate_peer_sent_bytes_total",
    .type = MetricType::kCounter,
    .help = "The size of the messages that were sent to the other controller.",
    .labels = "peer",
};
inline constexpr Metric kPeerReceivedMessages = {
    .name = "quorate_peer_received_messages_total",
    .type = MetricType::kCounter,
    .help = "Messages that were received from the other controller.",
    .labels = "peer",
};
inline constexpr Metric kPeerReceivedBytes = {
    .name = "quorate_peer_received_bytes_total",
    .type = MetricType::kCounter,
    .help = "The size of the messages that were received from the other controller.",
    .labels = "peer",
};
inline constexpr Metric kPeerRefusedStreams = {
    .name = "quorate_peer_refused_streams_total",
    .type = MetricType::kCounter,
    .help =
        "Streams that another process opened and this controller ended. The label reason is hello "
        "(it is of another cluster, or means another controller), other_process (another process "
        "runs as the same controller), too_many (too many unknown processes or observers), "
        "malformed (an invalid message) or silent (it did not say who it is).",
    .labels = "reason",
};
inline constexpr const Metric* kPeerMetrics[] = {
    &kPeerFailedDials,      &kPeerOpenedStreams, &kPeerEndedStreams,
    &kPeerDeaths,           &kPeerSentMessages,  &kPeerSentBytes,
    &kPeerReceivedMessages, &kPeerReceivedBytes, &kPeerRefusedStreams};

// health_metrics.h

inline constexpr Metric kRefusedProposals = {
    .name = "quorate_refused_proposals_total",
    .type = MetricType::kCounter,
    .help =
        "Requests that this active controller refused. The label reason is uncommitted_bytes (too "
        "much of the log is not committed yet), disk_full, or partition_quota (the principal has "
        "created or deleted more partitions than --partition-mutations-per-second).",
    .labels = "reason",
};
inline constexpr Metric kStateComparisons = {
    .name = "quorate_state_comparisons_total",
    .type = MetricType::kCounter,
    .help =
        "How often this controller compared its state with that of the others at one offset. The "
        "label result is same or different, whichever controller is wrong.",
    .labels = "result",
};
inline constexpr Metric kClockBehind = {
    .name = "quorate_clock_behind_log_seconds",
    .type = MetricType::kGauge,
    .help =
        "By how much the clock of this machine is behind the append time of the last committed "
        "entry; 0 if it is not. More than 5 s mean that a clock is or was wrong.",
};
inline constexpr const Metric* kHealthMetrics[] = {&kRefusedProposals, &kStateComparisons,
                                                   &kClockBehind};

// cluster_metrics.h. Every controller has these metrics, from the log that it has applied.

inline constexpr Metric kAppliedOffset = {
    .name = "quorate_applied_offset",
    .type = MetricType::kGauge,
    .help = "The end offset of the log that the state of this controller includes.",
    .kafka = "KafkaController: LastAppliedRecordOffset",
};
inline constexpr Metric kMetadataVersion = {
    .name = "quorate_metadata_version",
    .type = MetricType::kGauge,
    .help = "The metadata version of the log.",
    .kafka = "MetadataLoader: CurrentMetadataVersion",
};
inline constexpr Metric kBrokers = {
    .name = "quorate_brokers",
    .type = MetricType::kGauge,
    .help =
        "The number of registered brokers. The label state is active, fenced or shutting_down "
        "(a broker that is not fenced and stops).",
    .labels = "state",
    .kafka = "KafkaController: ActiveBrokerCount, FencedBrokerCount",
};
inline constexpr Metric kTopics = {
    .name = "quorate_topics",
    .type = MetricType::kGauge,
    .help = "The number of topics.",
    .kafka = "KafkaController: GlobalTopicCount",
};
inline constexpr Metric kPartitions = {
    .name = "quorate_partitions",
    .type = MetricType::kGauge,
    .help = "The number of partitions.",
    .kafka = "KafkaController: GlobalPartitionCount",
};
inline constexpr Metric kOfflinePartitions = {
    .name = "quorate_partitions_offline",
    .type = MetricType::kGauge,
    .help = "The number of partitions without a leader.",
    .kafka = "KafkaController: OfflinePartitionsCount",
};
inline constexpr Metric kUnderReplicatedPartitions = {
    .name = "quorate_partitions_under_replicated",
    .type = MetricType::kGauge,
    .help = "The number of partitions whose ISR is smaller than their replica set.",
    .kafka = "ReplicaManager: UnderReplicatedPartitions",
};
inline constexpr Metric kUnderMinIsrPartitions = {
    .name = "quorate_partitions_under_min_isr",
    .type = MetricType::kGauge,
    .help =
        "The number of partitions that have no leader, or whose ISR is smaller than the topic's "
        "min.insync.replicas (at most the number of replicas). Writes with acks=all fail.",
    .kafka = "ReplicaManager: UnderMinIsrPartitionCount",
};
inline constexpr Metric kAtMinIsrPartitions = {
    .name = "quorate_partitions_at_min_isr",
    .type = MetricType::kGauge,
    .help =
        "The number of partitions that have a leader and an ISR of exactly the topic's "
        "min.insync.replicas (at most the number of replicas).",
    .kafka = "ReplicaManager: AtMinIsrPartitionCount",
};
inline constexpr Metric kNotLedByPreferred = {
    .name = "quorate_partitions_not_led_by_preferred",
    .type = MetricType::kGauge,
    .help = "The number of partitions that are not led by their first replica, or have no leader.",
    .kafka = "KafkaController: PreferredReplicaImbalanceCount",
};
inline constexpr Metric kRememberedRequests = {
    .name = "quorate_remembered_requests",
    .type = MetricType::kGauge,
    .help =
        "The number of results of requests with a request id that the log remembers, so that a "
        "retry gets the first answer. The oldest are dropped beyond 100,000.",
};
inline constexpr const Metric* kClusterMetrics[] = {&kAppliedOffset,
                                                    &kMetadataVersion,
                                                    &kBrokers,
                                                    &kTopics,
                                                    &kPartitions,
                                                    &kOfflinePartitions,
                                                    &kUnderReplicatedPartitions,
                                                    &kUnderMinIsrPartitions,
                                                    &kAtMinIsrPartitions,
                                                    &kNotLedByPreferred,
                                                    &kRememberedRequests};

// change_metrics.h. A controller counts them while it is the active controller.

inline constexpr Metric kElections = {
    .name = "quorate_partition_elections_total",
    .type = MetricType::kCounter,
    .help =
        "Partitions that got another leader, counted by the active controller when it appends the "
        "change. The label cause is fence (the leader's broker was fenced), controlled_shutdown, "
        "unfence (a replica of a partition without a leader returned), registration (the broker "
        "was replaced by a new process), unregistration, elect_leaders (an operator asked for it), "
        "balance (the first replica leads again), reassignment (the leader is no longer a "
        "replica), log_directory (the log directory of the leader's replica is offline), unclean "
        "(the new leader may lack records, whatever the reason) or other.",
    .labels = "cause",
    .kafka = "ControllerStats: UncleanLeaderElectionsPerSec (unclean)",
};
inline constexpr Metric kLeadersLost = {
    .name = "quorate_partition_leaders_lost_total",
    .type = MetricType::kCounter,
    .help = "Partitions that lost their leader and got no other one: they became offline.",
};
inline constexpr Metric kIsrShrinks = {
    .name = "quorate_isr_shrinks_total",
    .type = MetricType::kCounter,
    .help = "Changes that made the ISR of a partition smaller.",
    .kafka = "ReplicaManager: IsrShrinksPerSec",
};
inline constexpr Metric kIsrExpands = {
    .name = "quorate_isr_expands_total",
    .type = MetricType::kCounter,
    .help = "Changes that made the ISR of a partition larger.",
    .kafka = "ReplicaManager: IsrExpandsPerSec",
};
inline constexpr const Metric* kChangeMetrics[] = {&kElections, &kLeadersLost, &kIsrShrinks,
                                                   &kIsrExpands};

// session_metrics.h. A controller counts them while it is the active controller.

inline constexpr Metric kSessions = {
    .name = "quorate_broker_sessions",
    .type = MetricType::kGauge,
    .help =
        "The number of brokers that are not fenced, by the state of their session: in_contact, "
        "lost (the stream broke without proof of death, or the broker is silent) or waiting (its "
        "stream has not arrived yet, or its process is gone). Only the active controller has it.",
    .labels = "state",
};
inline constexpr Metric kRegistrations = {
    .name = "quorate_broker_registrations_total",
    .type = MetricType::kCounter,
    .help =
        "Registrations of brokers: one for each start of a broker, and one after it was "
        "unregistered.",
};
inline constexpr Metric kUnfences = {
    .name = "quorate_broker_unfences_total",
    .type = MetricType::kCounter,
    .help = "Brokers that were unfenced.",
};
inline constexpr Metric kFences = {
    .name = "quorate_broker_fences_total",
    .type = MetricType::kCounter,
    .help =
        "Brokers that were fenced. The label cause is stopped (the broker said that its process "
        "stops), proved_dead (its stream broke and a dial proved the death), did_not_return (its "
        "stream broke and it did not come back within the grace), did_not_reconnect, silent (no "
        "heartbeat arrived within the session timeout), controlled_shutdown (complete) or "
        "requested (by the broker).",
    .labels = "cause",
};
inline constexpr Metric kIdleDrops = {
    .name = "quorate_broker_idle_drops_total",
    .type = MetricType::kCounter,
    .help = "Fenced brokers that were unregistered because they held no replica and were silent.",
};
inline constexpr Metric kHeartbeatLateness = {
    .name = "quorate_heartbeat_lateness_seconds",
    .type = MetricType::kHistogram,
    .help =
        "How much later a heartbeat was processed than its interval after the previous one of its "
        "stream; 0 for one that is early.",
};
inline constexpr const Metric* kSessionMetrics[] = {
    &kSessions, &kRegistrations, &kUnfences, &kFences, &kIdleDrops, &kHeartbeatLateness};

// call_metrics.h

inline constexpr Metric kCalls = {
    .name = "quorate_calls_total",
    .type = MetricType::kCounter,
    .help =
        "Calls that have ended, by method and gRPC status code. Calls that a controller forwards "
        "count where the client made them. Of the codes, only OK and those that occurred are "
        "listed.",
    .labels = "method,code",
};
inline constexpr Metric kCallTime = {
    .name = "quorate_call_seconds",
    .type = MetricType::kHistogram,
    .help = "From the arrival of a call until its answer is handed to the network.",
    .labels = "method",
};
inline constexpr Metric kStreamsStarted = {
    .name = "quorate_streams_started_total",
    .type = MetricType::kCounter,
    .help = "Streams that clients have opened, refused ones included.",
    .labels = "method",
};
inline constexpr Metric kBudgetCount = {
    .name = "quorate_budget_items",
    .type = MetricType::kGauge,
    .help =
        "The number of calls or streams in flight that count against a budget, for example "
        "client_writes or heartbeat_streams.",
    .labels = "budget",
};
inline constexpr Metric kBudgetMaxCount = {
    .name = "quorate_budget_items_limit",
    .type = MetricType::kGauge,
    .help = "The most calls or streams that the budget admits.",
    .labels = "budget",
};
inline constexpr Metric kBudgetBytes = {
    .name = "quorate_budget_bytes",
    .type = MetricType::kGauge,
    .help = "The memory that the calls or streams of a budget count for.",
    .labels = "budget",
};
inline constexpr Metric kBudgetMaxBytes = {
    .name = "quorate_budget_limit_bytes",
    .type = MetricType::kGauge,
    .help = "The most memory that the budget admits.",
    .labels = "budget",
};
inline constexpr Metric kBudgetRefused = {
    .name = "quorate_budget_refused_total",
    .type = MetricType::kCounter,
    .help = "How often the budget had no room; the call or stream got RESOURCE_EXHAUSTED.",
    .labels = "budget",
};
inline constexpr Metric kCallsOverRate = {
    .name = "quorate_calls_over_rate_total",
    .type = MetricType::kCounter,
    .help =
        "Calls that were refused because their principal makes more of them than "
        "--principal-calls-per-second; they got RESOURCE_EXHAUSTED.",
};
inline constexpr const Metric* kCallMetrics[] = {
    &kCalls,       &kCallTime,       &kStreamsStarted, &kBudgetCount,  &kBudgetMaxCount,
    &kBudgetBytes, &kBudgetMaxBytes, &kBudgetRefused,  &kCallsOverRate};

// audit_metrics.h

inline constexpr Metric kAuditRecords = {
    .name = "quorate_audit_records_total",
    .type = MetricType::kCounter,
    .help =
        "Records that were written to the audit log. Refused requests that are summed are one "
        "record.",
};
inline constexpr Metric kAuditDroppedRecords = {
    .name = "quorate_audit_dropped_records_total",
    .type = MetricType::kCounter,
    .help = "Records that are missing in the audit log, because the disk was full or too slow.",
};
inline constexpr const Metric* kAuditMetrics[] = {&kAuditRecords, &kAuditDroppedRecords};

// router_metrics.h

inline constexpr Metric kRequestsUnanswered = {
    .name = "quorate_requests_unanswered",
    .type = MetricType::kGauge,
    .help =
        "Requests for the active controller that this controller has received and not answered "
        "yet.",
};
inline constexpr Metric kRequestsParked = {
    .name = "quorate_requests_parked",
    .type = MetricType::kGauge,
    .help =
        "Unanswered requests that wait until an active controller is known, or a moment before "
        "their next attempt.",
};
inline constexpr Metric kRequestsParkedTotal = {
    .name = "quorate_requests_parked_total",
    .type = MetricType::kCounter,
    .help = "How often a request was parked.",
};
inline constexpr Metric kRequestsForwarded = {
    .name = "quorate_requests_forwarded_total",
    .type = MetricType::kCounter,
    .help = "How often a request was sent to another controller, the active one.",
};
inline constexpr Metric kRequestsReceived = {
    .name = "quorate_requests_received_total",
    .type = MetricType::kCounter,
    .help = "Requests that another controller has forwarded to this one.",
};
inline constexpr Metric kRequestsRepeated = {
    .name = "quorate_requests_repeated_total",
    .type = MetricType::kCounter,
    .help = "How often a request was tried again because it had found no active controller.",
};
inline constexpr Metric kRequestsRefused = {
    .name = "quorate_requests_refused_total",
    .type = MetricType::kCounter,
    .help = "Requests that were refused because too many were queued or parked.",
};
inline constexpr Metric kDecisionsWaiting = {
    .name = "quorate_decisions_waiting",
    .type = MetricType::kGauge,
    .help =
        "Requests that wait at the active controller: decision (it cannot decide them yet) or "
        "commit (the answer is ready, and the log is not committed that far). Only the active "
        "controller has it.",
    .labels = "for",
};
inline constexpr const Metric* kRouterMetrics[] = {
    &kRequestsUnanswered, &kRequestsParked,   &kRequestsParkedTotal, &kRequestsForwarded,
    &kRequestsReceived,   &kRequestsRepeated, &kRequestsRefused,     &kDecisionsWaiting};

// feed_metrics.h

inline constexpr Metric kSubscriptionCount = {
    .name = "quorate_subscriptions",
    .type = MetricType::kGauge,
    .help = "The number of subscriptions to the log: one for each broker and each tool.",
};
inline constexpr Metric kSubscriptionLag = {
    .name = "quorate_subscription_max_lag_offsets",
    .type = MetricType::kGauge,
    .help =
        "How far the subscription that is furthest behind is behind the committed log. Batches "
        "that the network is sending count as sent.",
};
inline constexpr Metric kSubscriptionUnsent = {
    .name = "quorate_subscription_unsent_bytes",
    .type = MetricType::kGauge,
    .help = "What was given to the network for all subscribers and is not sent yet.",
};
inline constexpr Metric kSubscriptionsStarted = {
    .name = "quorate_subscriptions_started_total",
    .type = MetricType::kCounter,
    .help = "Subscriptions that were started.",
};
inline constexpr Metric kSubscriptionsCutOff = {
    .name = "quorate_subscriptions_cut_off_total",
    .type = MetricType::kCounter,
    .help = "Subscriptions that were cut off because the subscriber took nothing for 10 seconds.",
};
inline constexpr Metric kSubscriptionSnapshots = {
    .name = "quorate_subscription_snapshots_total",
    .type = MetricType::kCounter,
    .help =
        "How often a subscriber began to receive, or continued, a snapshot because the log no "
        "longer had its next batch.",
};
inline constexpr Metric kSubscriptionResets = {
    .name = "quorate_subscription_resets_total",
    .type = MetricType::kCounter,
    .help =
        "How often a subscriber was told to discard its data, because its log is not a part of "
        "this one.",
};
inline constexpr const Metric* kFeedMetrics[] = {
    &kSubscriptionCount,   &kSubscriptionLag,       &kSubscriptionUnsent, &kSubscriptionsStarted,
    &kSubscriptionsCutOff, &kSubscriptionSnapshots, &kSubscriptionResets};

// broker_metrics.h

inline constexpr Metric kBrokerState = {
    .name = "quorate_broker_state",
    .type = MetricType::kGauge,
    .help =
        "1 for the state that this broker has (starting, fenced, running, no_controller or "
        "controlled_shutdown), 0 for the others.",
    .labels = "state",
    .kafka = "KafkaServer: BrokerState",
};
inline constexpr Metric kBrokerEpoch = {
    .name = "quorate_broker_epoch",
    .type = MetricType::kGauge,
    .help = "The epoch of the broker's registration; -1 if it is not registered.",
};
inline constexpr Metric kBrokerLeads = {
    .name = "quorate_broker_led_partitions",
    .type = MetricType::kGauge,
    .help = "The number of partitions that this broker leads.",
    .kafka = "ReplicaManager: LeaderCount",
};
inline constexpr Metric kBrokerFollows = {
    .name = "quorate_broker_followed_partitions",
    .type = MetricType::kGauge,
    .help = "The number of partitions that this broker follows.",
};
inline constexpr Metric kBrokerMetadataOffset = {
    .name = "quorate_broker_metadata_end_offset",
    .type = MetricType::kGauge,
    .help = "The end offset of the metadata log that this broker has replayed.",
    .kafka = "broker-metadata-metrics: last-applied-record-offset",
};
inline constexpr Metric kBrokerLastContact = {
    .name = "quorate_broker_last_contact_seconds",
    .type = MetricType::kGauge,
    .help = "The time since an active controller last answered; omitted if none has.",
};
inline constexpr Metric kBrokerLastMetadata = {
    .name = "quorate_broker_last_metadata_seconds",
    .type = MetricType::kGauge,
    .help = "The time since the subscription last delivered anything; omitted if it never has.",
};
inline constexpr Metric kBrokerHeartbeatStreams = {
    .name = "quorate_broker_heartbeat_streams_total",
    .type = MetricType::kCounter,
    .help =
        "Heartbeat streams that this broker has opened, to any controller. It opens another one "
        "when it looks for the active controller and when it reconnects.",
};
inline constexpr Metric kBrokerSubscriptions = {
    .name = "quorate_broker_subscriptions_total",
    .type = MetricType::kCounter,
    .help = "Subscriptions to the metadata log that this broker has started.",
};
inline constexpr const Metric* kBrokerMetrics[] = {
    &kBrokerState,          &kBrokerEpoch,       &kBrokerLeads,        &kBrokerFollows,
    &kBrokerMetadataOffset, &kBrokerLastContact, &kBrokerLastMetadata, &kBrokerHeartbeatStreams,
    &kBrokerSubscriptions};

// All metrics, in sections.
struct MetricSection {
  std::string_view title;
  std::span<const Metric* const> metrics;
};
inline constexpr MetricSection kMetricSections[] = {
    {"The process (both programs)", kProcessMetrics},
    {"Certificates (both programs)", kTlsMetrics},
    {"New connections (both programs)", kConnectionMetrics},
    {"Event loops (both programs)", kLoopMetrics},
    {"The quorum (controllers)", kQuorumMetrics},
    {"Elections and the log (controllers)", kRaftMetrics},
    {"The disk and snapshots (controllers)", kStorageMetrics},
    {"Connections between controllers (controllers)", kPeerMetrics},
    {"Health (controllers)", kHealthMetrics},
    {"The cluster (controllers)", kClusterMetrics},
    {"Changes of partitions (controllers)", kChangeMetrics},
    {"Sessions of brokers (controllers)", kSessionMetrics},
    {"Calls (controllers; of brokers only ProcessService)", kCallMetrics},
    {"The audit log (controllers)", kAuditMetrics},
    {"Requests for the active controller (controllers)", kRouterMetrics},
    {"Subscriptions to the log (controllers)", kFeedMetrics},
    {"The broker (brokers)", kBrokerMetrics},
};

}  // namespace quorate::server
