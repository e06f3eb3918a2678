"""The broker's image: what the cluster looks like after the records that were replayed so far.

The comments of proto/quorate/metadata/v1/records.proto define each record.
"""

import dataclasses


class UnknownRecord(Exception):
    """A record of a kind that this program does not know. A broker must not go on behind it."""


# Kafka's id of a failed log directory whose id nobody knows.
_LOST = bytes(15) + b"\x02"


def _split_ids(ids):
    return [ids[at:at + 16] for at in range(0, len(ids), 16)]


def _replica_directories(record):
    """Yields the log directory of each replica of a record, b"" for none."""
    ids = [b""] + _split_ids(record.directory_ids)
    return (ids[number] for number in record.replica_directories)


@dataclasses.dataclass
class Registration:
    """A registered broker. `log_directories` are those that are online; empty if it names none."""
    epoch: int
    log_directories: list
    fenced: bool = True
    in_controlled_shutdown: bool = False

    def is_online(self, directory):
        if not self.log_directories:
            return directory != _LOST
        return not directory or directory in self.log_directories

    @property
    def active(self):
        return not self.fenced and not self.in_controlled_shutdown


@dataclasses.dataclass
class Partition:
    """A partition. Bit i of `isr_mask` is set if replicas[i] is in the ISR. `leader` is -1 if there
    is no leader. directories[i] is the log directory of replicas[i]; the list is empty if no replica
    is assigned to one."""
    replicas: list
    isr_mask: int
    leader: int
    leader_epoch: int = 0
    partition_epoch: int = 0
    directories: list = dataclasses.field(default_factory=list)

    def isr(self):
        return [replica for i, replica in enumerate(self.replicas) if self.isr_mask >> i & 1]


@dataclasses.dataclass
class Topic:
    """A topic with its partitions, by index."""
    name: str
    partitions: list = dataclasses.field(default_factory=list)


def _leader(replicas, position):
    return replicas[position - 1] if position else -1


class Image:
    """Brokers by id and topics by topic id, at `end_offset` in `epoch`."""

    def __init__(self):
        self.epoch = 0
        self.end_offset = 0
        self.brokers = {}
        self.topics = {}

    def position(self):
        return self.epoch, self.end_offset

    def replay(self, batch):
        """Replays the records of a quorate.metadata.v1.RecordBatch."""
        for record in batch.records:
            kind = record.WhichOneof("kind")
            replay = getattr(self, f"_replay_{kind}", None)
            if replay:
                replay(getattr(record, kind))
            elif kind not in _WITHOUT_EFFECT:
                raise UnknownRecord(f"record {record} is of a newer metadata version")

    def is_active(self, broker_id):
        return broker_id in self.brokers and self.brokers[broker_id].active

    def may_join(self, partition, position):
        """Returns whether the replica's broker is active and its log directory online."""
        replica = partition.replicas[position]
        directory = partition.directories[position] if partition.directories else b""
        return self.is_active(replica) and self.brokers[replica].is_online(directory)

    def _replay_topic(self, record):
        self.topics[record.topic_id] = Topic(record.name)

    def _replay_remove_topic(self, record):
        del self.topics[record.topic_id]

    def _replay_partitions(self, record):
        partitions = self.topics[record.topic_id].partitions
        replicas = iter(record.replicas)
        directories = _replica_directories(record)
        for i, count in enumerate(record.replica_counts):
            ids = [next(replicas) for _ in range(count)]
            partitions.append(Partition(
                ids, record.isr_masks[i], _leader(ids, record.leader_positions[i]),
                record.leader_epochs[i] if record.leader_epochs else 0,
                record.partition_epochs[i] if record.partition_epochs else 0,
                [next(directories) for _ in ids] if record.replica_directories else []))

    def _replay_partition_changes(self, record):
        replicas = iter(record.replicas)
        directories = _replica_directories(record)
        for i, index in enumerate(record.partitions):
            partition = self.topics[record.topic_id].partitions[index]
            if record.replica_counts and record.replica_counts[i]:
                partition.replicas = [next(replicas) for _ in range(record.replica_counts[i])]
                partition.directories = []
            if record.replica_directories:
                partition.directories = [next(directories) for _ in partition.replicas]
            leader = _leader(partition.replicas, record.leader_positions[i])
            if leader != partition.leader or index in record.leader_epoch_bumps:
                partition.leader_epoch += 1
            partition.partition_epoch += 1
            partition.isr_mask, partition.leader = record.isr_masks[i], leader

    def _replay_register_broker(self, record):
        self.brokers[record.broker_id] = Registration(record.broker_epoch,
                                                      _split_ids(record.log_directories))

    def _replay_unregister_broker(self, record):
        del self.brokers[record.broker_id]

    def _replay_broker_registration_change(self, record):
        broker = self.brokers[record.broker_id]
        if record.HasField("fenced"):
            broker.fenced = record.fenced
        if record.HasField("in_controlled_shutdown"):
            broker.in_controlled_shutdown = record.in_controlled_shutdown
        if record.HasField("log_directories"):
            broker.log_directories = _split_ids(record.log_directories)


# What a broker without data and without configuration need not remember.
_WITHOUT_EFFECT = {"no_op", "metadata_version", "config", "request_result", "evicted_requests",
                   "producer_ids", "feature_level", "snapshot_header", "snapshot_footer"}
