#include <netinet/in.h>

#include <cstdint>
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

void AddRolesFiles(CorpusWriter& corpus) {
  corpus.Add("roles_file", std::string("# people\nadmin        CN=alice,O=corp\n"
                                       "operator     URI:spiffe://corp/ops\n"
                                       "reader       CN=grafana,OU=Our Monitoring,O=corp\r\n"
                                       "broker 3     URI:spiffe://corp/kafka/3\n"
                                       "controller 1 CN=controller-1,O=corp\n"));
  for (const char* text : {"admin CN=a\nreader CN=a\n", "root CN=a", "\n\nbroker x CN=a",
                           "broker 2147483648 CN=a", "admin alice", "admin URI:", "reader"}) {
    corpus.Add("roles_file", std::string(text));
  }
}

// Returns a TLS record of a handshake, whose message begins like a ClientHello.
std::string ClientHelloRecord(uint16_t length) {
  std::string record = {22, 3, 1, static_cast<char>(length >> 8), static_cast<char>(length), 1};
  record.resize(size_t{5} + length);
  return record;
}

void AddConnections(CorpusWriter& corpus) {
  for (const uint16_t length : {1, 17, 40, 0x4000}) {
    corpus.Add("first_bytes", ClientHelloRecord(length));
  }
  corpus.Add("first_bytes", ClientHelloRecord(40).substr(0, 30));
  for (const char* text :
       {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM", "POST / HTTP/1.1",
        "GET / HTTP/1.1\r\nHost: controller-1\r\n\r\n", "SSH-2.0-OpenSSH_9.2"}) {
    corpus.Add("first_bytes", std::string(text));
  }
  for (const char* peer :
       {"ipv4:10.0.0.1:4000", "ipv6:%5B2001:db8::1%5D:4000", "ipv6:%5Bfe80::1%252%5D:4000",
        "ipv6:%5B::ffff:10.0.0.1%5D:1", "unix:/tmp/socket", "10.0.0.1:0", "2001:db8::1%5D:65535"}) {
    corpus.Add("remote_address", std::string(peer));
  }
  const auto bytes = [](const void* address, size_t size) {
    return std::string(static_cast<const char*>(address), size);
  };
  sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = 4'000, .sin_addr = {0x0100000a}};
  corpus.Add("remote_address", bytes(&ipv4, sizeof(ipv4)));
  sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = 4'000};
  ipv6.sin6_addr.s6_addr[0] = 0xfe;
  corpus.Add("remote_address", bytes(&ipv6, sizeof(ipv6)));
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
                           "4\nx_sum 0.1\nbuild{version=\"1\"} 1\n",
                           "{\"version\":1,\"partitions\":[{\"topic\":\"a\\u00e9\",\"partition\":0,"
                           "\"replicas\":[3,1],\"log_dirs\":[\"any\",\"any\"]}]}"}) {
    corpus.Add("cli_values", std::string(text));
  }
  AddConfigs(corpus);
  AddRolesFiles(corpus);
  AddConnections(corpus);
}

}  // namespace quorate::fuzz
