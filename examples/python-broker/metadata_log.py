"""Follows the metadata log: a subscription, its batches, and the snapshots that replace them."""

import time

import grpc

from image import Image
from quorate.metadata.v1 import metadata_service_pb2 as metadata
from quorate.metadata.v1 import metadata_service_pb2_grpc as metadata_grpc
from quorate.metadata.v1 import records_pb2 as records


class MetadataLog:
    """Replays the log of the cluster into `image`, under `lock`, and notifies the lock."""

    def __init__(self, controllers, cluster_id, subscriber, lock, say):
        self.image = Image()
        self._controllers = controllers
        self._cluster_id = cluster_id
        self._subscriber = subscriber
        self._lock = lock
        self._say = say
        # A snapshot of which some chunks have arrived, and the image that they make.
        self._snapshot = self._loading = None

    def follow(self):
        """Subscribes to any controller, from where the image ends. Never returns."""
        while True:
            for endpoint in self._controllers.endpoints:
                with grpc.insecure_channel(endpoint) as channel:
                    try:
                        self._replay_stream(metadata_grpc.MetadataServiceStub(channel))
                    except grpc.RpcError as error:
                        self._say(f"metadata from {endpoint}: {error.details()}")
            time.sleep(0.5)

    def _replay_stream(self, stub):
        self._snapshot = None
        for response in stub.Subscribe(metadata.SubscribeRequest(
                cluster_id=self._cluster_id, epoch=self.image.epoch,
                end_offset=self.image.end_offset, subscriber=self._subscriber)):
            event = response.WhichOneof("event")
            with self._lock:
                if event == "batch":
                    self._replay_batch(response.batch)
                elif event == "snapshot_chunk":
                    self._load_chunk(response.snapshot_chunk)
                elif event == "reset":
                    self.image = Image()
                self._lock.notify_all()

    def _replay_batch(self, batch):
        self.image.replay(records.RecordBatch.FromString(batch.records))
        self.image.epoch = batch.epoch
        self.image.end_offset = batch.base_offset + batch.record_count

    def _load_chunk(self, chunk):
        if self._snapshot != (chunk.epoch, chunk.end_offset):
            self._snapshot, self._loading = (chunk.epoch, chunk.end_offset), Image()
        self._loading.replay(records.RecordBatch.FromString(chunk.data))
        if chunk.last:
            self.image, self._snapshot = self._loading, None
            self.image.epoch, self.image.end_offset = chunk.epoch, chunk.end_offset
