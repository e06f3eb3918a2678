#include "server/controller_manual.h"

namespace quorate::server {

ProgramManual ControllerManual() {
  return {
      .name = "quorate-controller",
      .summary = "one controller of a Quorate quorum",
      .description =
          "Three or five controllers replicate the cluster's metadata as a log and elect the "
          "active one, which decides who leads every partition. Each answers brokers and tools on "
          "its client listener (gRPC, with reflection and grpc.health.v1), and its peers on "
          "another. SIGTERM and SIGINT stop it in good order: the active controller hands over "
          "first. SIGHUP opens the log file anew, SIGUSR1 switches the log level debug on and off. "
          "What was acknowledged survives kill -9.",
      .sections = {{"FILES",
                    {"DATA_DIR/",
                     "    the log (RocksDB), this node's identity and a lock: never shared,",
                     "    never copied to another node", "FILE of --config",
                     "    keys are the options with underscores, without tables:", "",
                     "    cluster_id = \"MkU3OEVBNTcwNTJENDM2Qg\"", "    node_id = 1",
                     "    voters = [\"1@host-1:9091\", \"2@host-2:9091\", \"3@host-3:9091\"]",
                     "    data_dir = \"/var/lib/quorate\"", "    client_listen = \"0.0.0.0:9090\"",
                     "    client_advertise = \"host-1:9090\""}},
                   {"EXIT STATUS",
                    {" 0  stopped in good order, or --help or --version",
                     " 1  cannot start or go on: a port in use, a data directory in use or of",
                     "    another node, a disk that fails; standard error says what to do",
                     " 2  the configuration is wrong; nothing was changed"}},
                   {"EXAMPLES",
                    {"One of three on one machine:",
                     "",
                     "    quorate-controller --cluster-id MkU3OEVBNTcwNTJENDM2Qg --node-id 1 \\",
                     "      --voters 1@127.0.0.1:9191,2@127.0.0.1:9192,3@127.0.0.1:9193 \\",
                     "      --data-dir ./controller-1 --client-listen 127.0.0.1:9091",
                     "",
                     "Its state, from another terminal:",
                     "",
                     "    quoratectl status --bootstrap 127.0.0.1:9091",
                     "",
                     "A fourth one joins, and then becomes a voter:",
                     "",
                     "    quorate-controller --cluster-id MkU3OEVBNTcwNTJENDM2Qg --node-id 4 \\",
                     "      --voters 1@127.0.0.1:9191,2@127.0.0.1:9192,3@127.0.0.1:9193 \\",
                     "      --observer --peer-listen 127.0.0.1:9194 --data-dir ./controller-4 \\",
                     "      --client-listen 127.0.0.1:9094",
                     "    quoratectl quorum add 4 --bootstrap 127.0.0.1:9091",
                     "",
                     "From a file, with one value changed:",
                     "",
                     "    QUORATE_LOG_LEVEL=warning quorate-controller --config controller.toml"}}},
  };
}

}  // namespace quorate::server
