"""What an image asks of one broker. The caller holds the lock of the image."""

import itertools

from quorate.broker.v1 import broker_service_pb2 as broker


def roles_of(image, broker_id):
    """Returns the role of each replica on this broker, as a text by (topic name, partition)."""
    roles = {}
    for topic in image.topics.values():
        for index, partition in enumerate(topic.partitions):
            if broker_id not in partition.replicas:
                continue
            if partition.leader == broker_id:
                role = "leader"
            elif partition.leader == -1:
                role = "no leader"
            else:
                role = f"follower of {partition.leader}"
            roles[topic.name, index] = f"{role}, epoch {partition.leader_epoch}"
    return roles


def led_partitions(image, broker_id):
    """Returns the partitions that this broker leads, as runs (see LedPartitions)."""
    led = []
    for topic_id, topic in image.topics.items():
        leads = [partition.leader == broker_id for partition in topic.partitions]
        if any(leads):
            runs = [len(list(run)) for _, run in itertools.groupby(leads)]
            led.append(broker.LedPartitions(
                topic_id=topic_id, first_partition=0, partition_count=len(leads),
                runs=[0] + runs if leads[0] else runs))
    return led


def wanted_isrs(image, broker_id):
    """Returns the ISRs that this broker proposes as the leader: all members, and the replicas that
    are active again. A broker with data would first wait until such a replica has caught up."""
    topics = []
    for topic_id, topic in image.topics.items():
        changes = [_isr_change(image, index, partition)
                   for index, partition in enumerate(topic.partitions)
                   if partition.leader == broker_id and _returned(image, partition)]
        if changes:
            topics.append(broker.AlterPartitionRequest.Topic(topic_id=topic_id,
                                                             partitions=changes))
    return topics


def _returned(image, partition):
    return any(image.may_join(partition, position) and replica not in partition.isr()
               for position, replica in enumerate(partition.replicas))


def _isr_change(image, index, partition):
    isr = [replica for position, replica in enumerate(partition.replicas)
           if replica in partition.isr() or image.may_join(partition, position)]
    return broker.AlterPartitionRequest.Partition(
        partition=index, leader_epoch=partition.leader_epoch,
        partition_epoch=partition.partition_epoch,
        new_isr=[broker.AlterPartitionRequest.IsrMember(
            broker_id=replica, broker_epoch=image.brokers[replica].epoch) for replica in isr])
