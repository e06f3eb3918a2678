#!/usr/bin/python3
"""Tests the checker of docs/grpc.md: a wrong page must not pass."""

import unittest

import grpcurl_examples
from shape import Shapes

_PAGE = """
Prose.

```console
$ grpcurl -plaintext -max-time 2 -d '{"id": 1}
    {"id": 2}' \\
    127.0.0.1:1 package.Service/Method
{
  "topic_id": "8FZ4qjH1TLSPe-5nZVrbCQ"
}
{
  "topic_id": "MkU3OEVBNTcwNTJENDM2Qg"
}
ERROR:
  Code: NotFound
  Message: no such thing
  Details:
  1)\t{
    \t  "@type": "type.googleapis.com/package.Error",
    \t  "code": "X"
    \t}
$ grpcurl -plaintext 127.0.0.1:1 list
one.Service
other.Service
```

```sh
not an example
```

```console
$ grpcurl -plaintext 127.0.0.1:1 package.Service/Stream
{
  "n": 1
}
...
```
"""


class ParseTest(unittest.TestCase):

    def test_commands_and_outputs(self):
        call, listing, stream = grpcurl_examples.parse(_PAGE)
        self.assertEqual(call.line, 5)
        self.assertEqual(call.endpoint, "127.0.0.1:1")
        self.assertEqual(call.method, "package.Service/Method")
        self.assertEqual(call.requests, [{"id": 1}, {"id": 2}])
        self.assertEqual(call.max_time, 2)
        self.assertEqual([message["topic_id"] for message in call.output.messages],
                         ["8FZ4qjH1TLSPe-5nZVrbCQ", "MkU3OEVBNTcwNTJENDM2Qg"])
        self.assertEqual(call.output.error["code"], "NotFound")
        self.assertEqual(call.output.error["message"], "no such thing")
        self.assertEqual(call.output.error["details"][0]["code"], "X")
        self.assertEqual(listing.output.messages, ["one.Service", "other.Service"])
        self.assertTrue(stream.output.cut)

    def test_what_is_not_understood_is_no_example_that_passes(self):
        for block in ("ls", "$ curl x", "$ grpcurl -v 127.0.0.1:1 a/b",
                      "$ grpcurl 127.0.0.1:1 a/b\nhello", "$ grpcurl 127.0.0.1:1 a/b\nERROR: x"):
            with self.assertRaisesRegex(ValueError, "line 2"):
                grpcurl_examples.parse(f"```console\n{block}\n```")


class ShapesTest(unittest.TestCase):

    def setUp(self):
        self.shapes = Shapes({"127.0.0.1:9092": "127.0.0.1:5555"})

    def test_equal_is_equal(self):
        value = {"name": "orders", "list": [1, {"x": True}], "retry_after_ms": "3"}
        self.assertEqual(self.shapes.differences(value, value), [])

    def test_other_values_keys_lengths_and_kinds_differ(self):
        for documented, live in (({"name": "a"}, {"name": "b"}), ({"name": "a"}, {}),
                                 ({}, {"name": "a"}), ([1], [1, 2]), ({"x": 1}, {"x": "1"}),
                                 ({"x": {}}, {"x": []}), ({"topic_id": "short"}, {"topic_id": "x"}),
                                 ({"end_offset": "3"}, {"end_offset": "soon"}),
                                 ({"topic_id": "8FZ4qjH1TLSPe-5nZVrbCQ"}, {}),
                                 ({"error": None}, {"error": {"code": "Internal"}})):
            self.assertNotEqual(self.shapes.differences(documented, live), [], (documented, live))

    def test_what_varies_is_of_its_kind(self):
        documented = {"topic_id": "8FZ4qjH1TLSPe-5nZVrbCQ", "end_offset": "12", "isr": [1, 2],
                      "incarnation_id": "lNui+CmkTnypVghbA0T+0g==", "endpoint": "127.0.0.1:9092"}
        live = {"topic_id": "MkU3OEVBNTcwNTJENDM2Qg", "isr": [3, 1],
                "incarnation_id": "qS04NLIVRW6MG66DhF9etw==", "endpoint": "localhost:1"}
        self.assertEqual(self.shapes.differences(documented, live), [])
        self.assertNotEqual(self.shapes.differences(documented, {**live, "isr": [3]}), [])

    def test_an_id_is_known_in_both_its_forms(self):
        self.shapes.differences({"topic_id": "itaD_Ya-TXmXb1H_FlaARA"},
                                {"topic_id": "8FZ4qjH1TLSPe-5nZVrbCQ"})
        self.assertEqual(self.shapes.to_live({"topic_id": "itaD/Ya+TXmXb1H/FlaARA=="}),
                         {"topic_id": "8FZ4qjH1TLSPe+5nZVrbCQ=="})

    def test_later_commands_get_the_live_values(self):
        self.shapes.differences({"topic_id": "8FZ4qjH1TLSPe-5nZVrbCQ", "broker_epoch": "12"},
                                {"topic_id": "MkU3OEVBNTcwNTJENDM2Qg", "broker_epoch": "40"})
        self.assertEqual(
            self.shapes.to_live({"topics": [{"topic_id": "8FZ4qjH1TLSPe-5nZVrbCQ"}],
                                 "broker_epoch": 12, "partition": 12}),
            {"topics": [{"topic_id": "MkU3OEVBNTcwNTJENDM2Qg"}],
             "broker_epoch": "40", "partition": 12})
        self.assertEqual(self.shapes.to_live("127.0.0.1:9092"), "127.0.0.1:5555")
        self.assertEqual(self.shapes.to_live("8FZ4qjH1TLSPe-5nZVrbCQ is at 127.0.0.1:9092."),
                         "MkU3OEVBNTcwNTJENDM2Qg is at 127.0.0.1:5555.")


if __name__ == "__main__":
    unittest.main()
