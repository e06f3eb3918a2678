#!/usr/bin/env python3
"""A broker without data. It registers, keeps its session, follows the metadata log, prints the
roles that it takes up, and puts replicas back into the ISRs of the partitions that it leads.

    broker.py ID LISTEN_PORT CONTROLLER[,CONTROLLER...]

docs/writing-a-broker.md explains the steps.
"""

import concurrent.futures
import itertools
import os
import signal
import sys
import threading
import time

import grpc

from controllers import Controllers
from metadata_log import MetadataLog
from quorate.broker.v1 import broker_service_pb2 as broker
from quorate.broker.v1 import broker_service_pb2_grpc as broker_grpc
from quorate.broker.v1 import broker_view_service_pb2 as view
from quorate.broker.v1 import broker_view_service_pb2_grpc as view_grpc
from quorate.common.v1 import broker_pb2 as common
from roles import led_partitions, roles_of, wanted_isrs


class Broker(view_grpc.BrokerViewServiceServicer):
    """A broker at 127.0.0.1:PORT, in one cluster."""

    def __init__(self, broker_id, port, endpoints):
        self.id = broker_id
        self.endpoint = f"127.0.0.1:{port}"
        self.incarnation_id = os.urandom(16)
        self.controllers = Controllers(endpoints, self.say)
        self.cluster_id = self.controllers.cluster().cluster_id
        self.epoch = -1  # The epoch of the registration.
        self.changed = threading.Condition()  # Guards the image.
        self.log = MetadataLog(self.controllers, self.cluster_id, f"broker-{broker_id}",
                               self.changed, self.say)
        self.wants_shutdown = self.may_stop = False

    def say(self, text):
        print(f"broker {self.id}: {text}", flush=True)

    def GetIdentity(self, request, context):
        """A controller asks whether the advertised address leads to this process."""
        return view.GetIdentityResponse(cluster_id=self.cluster_id, broker_id=self.id,
                                        incarnation_id=self.incarnation_id)

    def call(self, method, request):
        return self.controllers.call(broker_grpc.BrokerServiceStub, method, request)

    def register(self):
        self.epoch = self.call("RegisterBroker", broker.RegisterBrokerRequest(
            cluster_id=self.cluster_id, broker_id=self.id, incarnation_id=self.incarnation_id,
            advertised_endpoint=self.endpoint, features=[
                common.FeatureRange(name="metadata.version", min_level=1, max_level=3),
                common.FeatureRange(name="eligible.leader.replicas.version", max_level=1)],
        )).broker_epoch
        self.say(f"registered with epoch {self.epoch}")

    def heartbeats(self, ordinal):
        """Makes the messages of one stream: one a second, and a goodbye when the broker may stop."""
        while True:
            stopping = self.may_stop
            yield broker.HeartbeatRequest(
                broker_id=self.id, broker_epoch=self.epoch, incarnation_id=self.incarnation_id,
                metadata_end_offset=self.log.image.end_offset, want_shutdown=self.wants_shutdown,
                goodbye=broker.HeartbeatRequest.STOPPING if stopping else None,
                stream_ordinal=ordinal, max_metadata_version=3, interval_ms=1000)
            if stopping:
                return
            with self.changed:
                self.changed.wait_for(lambda: self.may_stop, timeout=1)

    def keep_session(self):
        """Holds a heartbeat stream to the active controller until the broker may stop."""
        is_fenced = True
        for ordinal in itertools.count(1):
            with grpc.insecure_channel(self.controllers.active()) as channel:
                stub = broker_grpc.BrokerServiceStub(channel)
                try:
                    for answer in stub.Heartbeat(self.heartbeats(ordinal)):
                        if answer.is_fenced != is_fenced:
                            is_fenced = answer.is_fenced
                            self.say("fenced" if is_fenced else "unfenced")
                        if answer.should_shut_down and self.wants_shutdown:
                            with self.changed:
                                self.may_stop = True
                                self.changed.notify_all()
                except grpc.RpcError as error:
                    self.say(f"heartbeats: {error.details()}")
                    if error.code() in (grpc.StatusCode.FAILED_PRECONDITION,
                                        grpc.StatusCode.NOT_FOUND):
                        self.register()  # STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED
            if self.may_stop:
                return
            time.sleep(0.1)

    def take_up_roles(self):
        """Prints the roles that the image gives to this broker, and tells the controllers which
        partitions it leads and which replicas belong into their ISRs."""
        known, led, seen = {}, [], None
        while not self.may_stop:
            with self.changed:
                self.changed.wait_for(lambda: self.log.image.position() != seen)
                image = self.log.image
                seen = image.position()
                roles = roles_of(image, self.id)
                led_now = led_partitions(image, self.id)
                isrs = wanted_isrs(image, self.id)
            for name in sorted(roles.keys() | known.keys()):
                if roles.get(name) != known.get(name):
                    self.say(f"{name[0]}-{name[1]}: {roles.get(name, 'no replica')}")
            try:
                if led_now != led:
                    self.call("ReportRoles", broker.ReportRolesRequest(
                        broker_id=self.id, broker_epoch=self.epoch, complete=True, led=led_now))
                if isrs:
                    self.call("AlterPartition", broker.AlterPartitionRequest(
                        broker_id=self.id, broker_epoch=self.epoch, topics=isrs))
            except grpc.RpcError as error:  # The registration is stale. The session renews it.
                self.say(f"refused: {error.details()}")
            known, led = roles, led_now

    def shut_down(self, *_):
        """Asks for a controlled shutdown: the controller moves the leaders, then lets it stop."""
        self.say("stopping")
        self.wants_shutdown = True


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    this = Broker(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].split(","))
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=2))
    view_grpc.add_BrokerViewServiceServicer_to_server(this, server)
    if server.add_insecure_port(this.endpoint) == 0:
        sys.exit(f"cannot listen on {this.endpoint}; choose another port")
    server.start()
    signal.signal(signal.SIGTERM, this.shut_down)
    signal.signal(signal.SIGINT, this.shut_down)
    this.register()
    threading.Thread(target=this.log.follow, daemon=True).start()
    threading.Thread(target=this.take_up_roles, daemon=True).start()
    this.keep_session()
    this.say("stopped")


if __name__ == "__main__":
    main()
