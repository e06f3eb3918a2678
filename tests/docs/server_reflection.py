"""A gRPC client that knows only server reflection.

It learns the services, methods and messages that it uses from the server. This file itself defines
only the messages of the reflection protocol and google.rpc.Status.
"""

import grpc
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, json_format, message_factory

_REFLECTION_METHOD = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
_DETAILS_KEY = "grpc-status-details-bin"

_FIELD = descriptor_pb2.FieldDescriptorProto


def _add_message(file, name, fields):
    """Adds a message whose fields are (name, number, type, type name, repeated)."""
    message = file.message_type.add(name=name)
    for field_name, number, kind, type_name, repeated in fields:
        message.field.add(
            name=field_name,
            number=number,
            type=kind,
            type_name=type_name or None,
            label=_FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL)


def _known_messages():
    """Defines the needed parts of the reflection protocol and google.rpc.Status."""
    file = descriptor_pb2.FileDescriptorProto(
        name="known.proto", package="known", syntax="proto3",
        dependency=["google/protobuf/any.proto"])
    text, number, blob, message = (_FIELD.TYPE_STRING, _FIELD.TYPE_INT32, _FIELD.TYPE_BYTES,
                                   _FIELD.TYPE_MESSAGE)
    _add_message(file, "ReflectionRequest", [("file_containing_symbol", 4, text, "", False),
                                             ("list_services", 7, text, "", False)])
    _add_message(file, "Files", [("file_descriptor_proto", 1, blob, "", True)])
    _add_message(file, "Service", [("name", 1, text, "", False)])
    _add_message(file, "Services", [("service", 1, message, ".known.Service", True)])
    _add_message(file, "ReflectionError", [("error_code", 1, number, "", False),
                                           ("error_message", 2, text, "", False)])
    _add_message(file, "ReflectionResponse", [
        ("file_descriptor_response", 4, message, ".known.Files", False),
        ("list_services_response", 6, message, ".known.Services", False),
        ("error_response", 7, message, ".known.ReflectionError", False)])
    _add_message(file, "Status", [("code", 1, number, "", False), ("message", 2, text, "", False),
                                  ("details", 3, message, ".google.protobuf.Any", True)])
    pool = descriptor_pool.DescriptorPool()
    any_file = descriptor_pb2.FileDescriptorProto()
    any_pb2.DESCRIPTOR.CopyToProto(any_file)
    pool.Add(any_file)
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return lambda name: factory.GetPrototype(pool.FindMessageTypeByName("known." + name))


_known = _known_messages()


def _json(message):
    """Returns a message as grpcurl prints it: .proto field names, without default values."""
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


class CallFailed(Exception):
    """A call failed: its status is not OK."""

    def __init__(self, code, message, details):
        super().__init__(f"{code}: {message}")
        self.code = code  # Go's name for the code, such as "NotFound"
        self.message = message
        self.details = details  # JSON objects with their "@type"


class ReflectedServer:
    """A server that describes itself by reflection."""

    def __init__(self, endpoint):
        # A separate channel, so that no state of an earlier server at this endpoint is reused.
        self._channel = grpc.insecure_channel(
            endpoint, options=[("grpc.enable_http_proxy", 0),
                               ("grpc.use_local_subchannel_pool", 1)])
        self._pool = descriptor_pool.DescriptorPool()
        self._factory = message_factory.MessageFactory(self._pool)
        self._known_files = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._channel.close()

    def services(self):
        """Returns the names of all services, sorted."""
        response = self._ask(list_services="*")
        return sorted(service.name for service in response.list_services_response.service)

    def call(self, full_method, requests, timeout):
        """Calls "package.Service/Method" with JSON objects, and yields the answers as JSON objects.

        If the call fails, raises CallFailed after the last answer.
        """
        service_name, _, method_name = full_method.partition("/")
        self._learn(service_name)
        method = self._pool.FindServiceByName(service_name).FindMethodByName(method_name)
        proto = descriptor_pb2.MethodDescriptorProto()
        method.CopyToProto(proto)
        request_class = self._factory.GetPrototype(method.input_type)
        response_class = self._factory.GetPrototype(method.output_type)
        messages = [json_format.ParseDict(request, request_class()) for request in requests]
        # On the wire, every kind of method is a bidirectional stream.
        invoke = self._channel.stream_stream(
            "/" + full_method,
            request_serializer=request_class.SerializeToString,
            response_deserializer=response_class.FromString)
        if not proto.client_streaming and len(messages) != 1:
            raise ValueError(f"{full_method} takes one message, not {len(messages)}")
        call = invoke(iter(messages), timeout=timeout)
        try:
            for response in call:
                yield _json(response)
        except grpc.RpcError:
            raise self._failure(call) from None

    def _failure(self, call):
        code = "".join(word.capitalize() for word in call.code().name.split("_"))
        details = []
        for key, value in call.trailing_metadata() or ():
            if key == _DETAILS_KEY:
                for any_message in _known("Status").FromString(value).details:
                    details.append(self._unpacked(any_message))
        return CallFailed(code, call.details(), details)

    def _unpacked(self, any_message):
        name = any_message.type_url.rpartition("/")[2]
        self._learn(name)
        message = self._factory.GetPrototype(self._pool.FindMessageTypeByName(name))()
        message.ParseFromString(any_message.value)
        return {"@type": any_message.type_url, **_json(message)}

    def _learn(self, symbol):
        """Loads the file that defines the symbol, and all files that it imports."""
        response = self._ask(file_containing_symbol=symbol)
        files = {}
        for serialized in response.file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(serialized)
            files[file.name] = file

        def add(name):
            if name in self._known_files or name not in files:
                return
            for dependency in files[name].dependency:
                add(dependency)
            self._pool.Add(files[name])
            self._known_files.add(name)

        for name in files:
            add(name)

    def _ask(self, **question):
        """Sends one reflection request. Raises LookupError for an unknown symbol."""
        invoke = self._channel.stream_stream(
            _REFLECTION_METHOD,
            request_serializer=_known("ReflectionRequest").SerializeToString,
            response_deserializer=_known("ReflectionResponse").FromString)
        request = _known("ReflectionRequest")(**question)
        response = next(iter(invoke(iter([request]), timeout=10)))
        if response.HasField("error_response"):
            raise LookupError(f"{question}: {response.error_response.error_message}")
        return response
