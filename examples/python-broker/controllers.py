"""Calls to the controllers. Every controller answers every call except Heartbeat."""

import time

import grpc

from quorate.admin.v1 import admin_service_pb2 as admin
from quorate.admin.v1 import admin_service_pb2_grpc as admin_grpc

# The call may succeed later: an election, an overload, or an older process with this broker id.
_RETRIED = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED,
            grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.ALREADY_EXISTS}


class Controllers:
    """The controllers at `endpoints`, a list of HOST:PORT. `say` prints a line."""

    def __init__(self, endpoints, say):
        self.endpoints = endpoints
        self._say = say

    def call(self, stub, method, request):
        """Tries one controller after the other until one answers. Returns the answer, or raises
        grpc.RpcError if a controller refuses the call for good."""
        while True:
            for endpoint in self.endpoints:
                with grpc.insecure_channel(endpoint) as channel:
                    try:
                        return getattr(stub(channel), method)(request, timeout=5)
                    except grpc.RpcError as error:
                        if error.code() not in _RETRIED:
                            raise
                        self._say(f"{method} on {endpoint}: {error.details()}")
            time.sleep(0.5)

    def cluster(self):
        return self.call(admin_grpc.AdminServiceStub, "DescribeCluster",
                         admin.DescribeClusterRequest())

    def active(self):
        """Returns the endpoint of the active controller."""
        while True:
            cluster = self.cluster()
            for controller in cluster.controllers:
                if controller.node_id == cluster.active_controller_id:
                    return controller.client_endpoint
            time.sleep(0.1)
