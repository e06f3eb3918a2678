"""The broker's image: what the cluster looks like after the records that were replayed so far.

The comments of proto/quorate/metadata/v1/records.proto define each record.
"""

import dataclasses


class UnknownRecord(Exception):
    """A record of a kind that this program does not know. A broker must not go on behind it."""


@dataclasses.dataclass
class Registration:
    """A registered broker."""
    epoch: int
    fenced: bool = True
    in_controlled_shutdown: bool = False

    @property
    def active(self):
        return not self.fenced and not self.in_controlled_shutdown


@dataclasses.dataclass
class Partition:
    """A partition. Bit i of `isr_mask` is set if replicas[i] is in the ISR. `leader` is -1 if there
    is no leader."""
    replicas: list
    isr_mask: int
    leader: int
    leader_epoch: int = 0
    partition_epoch: int = 0

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

    def _replay_topic(self, record):
        self.topics[record.topic_id] = Topic(record.name)

    def _replay_remove_topic(self, record):
        del self.topics[record.topic_id]

    def _replay_partitions(self, record):
        partitions = self.topics[record.topic_id].partitions
        replicas = iter(record.replicas)
        for i, count in enumerate(record.replica_counts):
            ids = [next(replicas) for _ in range(count)]
            partitions.append(Partition(
                ids, record.isr_masks[i], _leader(ids, record.leader_positions[i]),
                record.leader_epochs[i] if record.leader_epochs else 0,
                record.partition_epochs[i] if record.partition_epochs else 0))

    def _replay_partition_changes(self, record):
        replicas = iter(record.replicas)
        for i, index in enumerate(record.partitions):
            partition = self.topics[record.topic_id].partitions[index]
            if record.replica_counts and record.replica_counts[i]:
                partition.replicas = [next(replicas) for _ in range(record.replica_counts[i])]
            leader = _leader(partition.replicas, record.leader_positions[i])
            if leader != partition.leader or index in record.leader_epoch_bumps:
                partition.leader_epoch += 1
            partition.partition_epoch += 1
            partition.isr_mask, partition.leader = record.isr_masks[i], leader

    def _replay_register_broker(self, record):
        self.brokers[record.broker_id] = Registration(record.broker_epoch)

    def _replay_unregister_broker(self, record):
        del self.brokers[record.broker_id]

    def _replay_broker_registration_change(self, record):
        broker = self.brokers[record.broker_id]
        if record.HasField("fenced"):
            broker.fenced = record.fenced
        if record.HasField("in_controlled_shutdown"):
            broker.in_controlled_shutdown = record.in_controlled_shutdown


# What a broker without data and without configuration need not remember.
_WITHOUT_EFFECT = {"no_op", "metadata_version", "config", "request_result", "evicted_requests",
                   "producer_ids", "feature_level", "snapshot_header", "snapshot_footer"}
