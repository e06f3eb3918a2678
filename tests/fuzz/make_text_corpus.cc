#include <string>

#include "tests/fuzz/make_corpus.h"

namespace quorate::fuzz {
namespace {

void AddConfigs(CorpusWriter& corpus) {
  const auto add = [&](const std::string& flags, const std::string& variables,
                       const std::string& file) {
    corpus.Add("config", WithLength(flags) + WithLength(variables) + file);
  };
  const std::string voters = "1@c1:9193,2@c2:9193,3@[::1]:9193";
  add("--cluster-id=MkU3OEVBNTcwNTJENDM2Qg\n--node-id=1\n--data-dir=/data\n--voters=" + voters +
          "\n--peer-listen=c1:9193\n--client-listen=0.0.0.0:9192\n--client-advertise=c1:9192",
      "", "");
  add("--observer",
      "QUORATE_CLUSTER_ID=MkU3OEVBNTcwNTJENDM2Qg\nQUORATE_NODE_ID=4\nQUORATE_DATA_DIR=/data\n"
      "QUORATE_VOTERS=" +
          voters + "\nQUORATE_LOG_FORMAT=json",
      "");
  add("", "QUORATE_BROKER_ID=1",
      "cluster_id = \"MkU3OEVBNTcwNTJENDM2Qg\"\nbootstrap = [\"c1:9192\", \"c2:9192\"]\n"
      "listen = \"0.0.0.0:9092\"\nadvertise = \"b1:9092\"\nrequire_tls = false\n");
  add("", "",
      "node_id = 1\nvoters = [\"1@c1:9193\"]\nheartbeat_interval_ms = 50\n[table]\nx = 1.5\n");
  corpus.Add("config", voters);
}

}  // namespace

void AddTextInputs(CorpusWriter& corpus) {
  for (const char* text :
       {"controller-1:9192", "[2001:db8::1]:9092", "0.0.0.0:0", "127.0.0.1:65535",
        "MkU3OEVBNTcwNTJENDM2Qg", "aaaaaaaaaaaaaaaa", "orders.v1_x-2", " +604800000", "True",
        "compact, delete", "9223372036854775807", "snappy",
        "00000000000000001234-0000000007.snapshot",
        "quorate://cluster/MkU3OEVBNTcwNTJENDM2Qg/controller/1",
        "I20261130 01:02:03.456789  1234 raft_core.cc:12] elected \"x\" \xc3\xa4\xff\n"}) {
    corpus.Add("text_values", std::string(text));
  }
  for (const char* text : {"1m30s", "500ms", "c1:9192, c2:9192", "MkU3OEVBNTcwNTJENDM2Qg:17",
                           "1:2,2:3", "min.insync.replicas=2", "key=a=b",
                           "# HELP x y\n# TYPE x histogram\nx_bucket{le=\"0.005\"} "
                           "3\nx_bucket{le=\"+Inf\"} 4\nx_count "
                           "4\nx_sum 0.1\nbuild{version=\"1\"} 1\n"}) {
    corpus.Add("cli_values", std::string(text));
  }
  AddConfigs(corpus);
}

}  // namespace quorate::fuzz
