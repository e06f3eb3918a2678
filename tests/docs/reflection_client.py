#!/usr/bin/python3
"""Runs the examples of docs/grpc.md against a live cluster, by a client that knows only reflection.

    reflection_client.py docs/grpc.md --controllers H:P,H:P,H:P --brokers H:P,H:P,H:P

The cluster must be fresh: three controllers, brokers 1 to 3 unfenced, no topics. On the page the
controllers are 127.0.0.1:9091 to 9093, of which 9092 is the active one, and the brokers are
127.0.0.1:9291 to 9293. Prints one line for each example. Exits with 1 if the shape of an answer
differs from the page.
"""

import argparse
import sys

import grpcurl_examples
from server_reflection import CallFailed, ReflectedServer
from shape import Shapes

# The active controller is first.
_PAGE_CONTROLLERS = [(2, "127.0.0.1:9092"), (1, "127.0.0.1:9091"), (3, "127.0.0.1:9093")]
_PAGE_BROKERS = ["127.0.0.1:9291", "127.0.0.1:9292", "127.0.0.1:9293"]
_DEFAULT_TIMEOUT_S = 30


def references(controllers, brokers):
    """Returns this cluster's values for the endpoints and controllers of the page."""
    with ReflectedServer(controllers[0]) as server:
        cluster = next(server.call("quorate.admin.v1.AdminService/DescribeCluster", [{}],
                                   _DEFAULT_TIMEOUT_S))
    active = cluster["active_controller_id"]
    members = sorted(cluster["controllers"], key=lambda member: member["node_id"] != active)
    result = dict(zip(_PAGE_BROKERS, brokers))
    for (node, endpoint), member in zip(_PAGE_CONTROLLERS, members):
        result[endpoint] = member["client_endpoint"]
        result[f"controller {node}"] = f"controller {member['node_id']}"
    return result


def run(example, shapes):
    """Makes the call of an example, and returns its output."""
    output = grpcurl_examples.Output()
    with ReflectedServer(shapes.to_live(example.endpoint)) as server:
        if example.method == "list":
            output.messages = server.services()
            return output
        requests = shapes.to_live(example.requests or [{}])
        try:
            for message in server.call(example.method, requests,
                                       example.max_time or _DEFAULT_TIMEOUT_S):
                output.messages.append(message)
        except CallFailed as failure:
            output.error = {"code": failure.code, "message": failure.message,
                            "details": failure.details}
    return output


def differences(example, live, shapes):
    """Returns the differences between the live output and the documented one."""
    documented = example.output
    messages, error = live.messages, live.error
    if documented.cut:
        messages, error = messages[:len(documented.messages)], None
    return (shapes.differences(documented.messages, messages, "messages") +
            shapes.differences({"error": documented.error}, {"error": error}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("page")
    parser.add_argument("--controllers", required=True)
    parser.add_argument("--brokers", required=True)
    arguments = parser.parse_args()

    shapes = Shapes(references(arguments.controllers.split(","), arguments.brokers.split(",")))
    with open(arguments.page, encoding="utf-8") as page:
        examples = grpcurl_examples.parse(page.read())
    if not examples:
        sys.exit(f"{arguments.page} has no examples")

    failures = 0
    for example in examples:
        found = differences(example, run(example, shapes), shapes)
        failures += bool(found)
        print(f"{'FAILED' if found else 'ok'}  {arguments.page}:{example.line}  {example.method}")
        for difference in found:
            print(f"        {difference}")
    print(f"{len(examples)} examples, {failures} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
