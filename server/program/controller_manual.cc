#include "server/program/controller_manual.h"

namespace quorate::server {

ProgramManual ControllerManual() {
  return {
      .name = "quorate-controller",
      .summary = "one controller of a Quorate quorum",
      .description =
          "quorate-controller runs one controller of a cluster. Three or five controllers "
          "replicate the cluster's metadata as a log. They elect one of them as the active "
          "controller, which decides every change of the metadata, for example which broker leads "
          "each partition. If it fails, another controller takes over. A change is acknowledged "
          "once it is on the disks of a majority of the voters, so it survives crashes and kill "
          "-9.\n\nEach controller has two listeners. Brokers and tools connect to the client "
          "listener, which serves gRPC with server reflection and health checks. The other "
          "controllers connect to the peer listener.",
      .sections = {{"SIGNALS",
                    {"SIGTERM, SIGINT",
                     "    Stop gracefully. The active controller transfers leadership first. A",
                     "    second signal ends the process at once.", "SIGHUP",
                     "    Reopen the log file, for example after it was renamed (see --log-dir).",
                     "SIGUSR1", "    Set the log level to debug; the next SIGUSR1 restores it."}},
                   {"HEALTH CHECKS",
                    {"The client listener serves grpc.health.v1. The service \"\" is SERVING while "
                     "the process is alive. The service quorate.ready is SERVING while the "
                     "controller is ready: a follower is in session with the active controller and "
                     "has caught up with it; the active controller has committed an entry of its "
                     "own epoch, and its disk has enough free space."}},
                   {"FILES",
                    {"Data directory (--data-dir)",
                     "    Contains the log (a RocksDB database), snapshots, the identity of this",
                     "    controller and a lock. Do not share it between processes, and do not",
                     "    copy it to another controller.", "Configuration file (--config)",
                     "    A TOML file without tables. Its keys are the names of the options, with",
                     "    underscores in place of hyphens:", "",
                     "        cluster_id = \"MkU3OEVBNTcwNTJENDM2Qg\"", "        node_id = 1",
                     "        voters = [\"1@host-1:9091\", \"2@host-2:9091\", \"3@host-3:9091\"]",
                     "        data_dir = \"/var/lib/quorate\"",
                     "        client_listen = \"0.0.0.0:9090\"",
                     "        client_advertise = \"host-1:9090\""}},
                   {"EXIT STATUS",
                    {" 0  The controller stopped gracefully, or --help or --version was given.",
                     " 1  The controller cannot start or cannot continue, for example because a",
                     "    port or the data directory is in use, the data directory belongs to",
                     "    another controller, or the disk fails. Standard error says what to do.",
                     " 2  The configuration is invalid. Nothing was changed."}},
                   {"EXAMPLES",
                    {"Start one of three controllers on one machine:",
                     "",
                     "    quorate-controller --cluster-id MkU3OEVBNTcwNTJENDM2Qg --node-id 1 \\",
                     "      --voters 1@127.0.0.1:9191,2@127.0.0.1:9192,3@127.0.0.1:9193 \\",
                     "      --data-dir ./controller-1 --client-listen 127.0.0.1:9091",
                     "",
                     "Show the state of the cluster from another terminal:",
                     "",
                     "    quoratectl status --bootstrap 127.0.0.1:9091",
                     "",
                     "Start a fourth controller as an observer, and then make it a voter:",
                     "",
                     "    quorate-controller --cluster-id MkU3OEVBNTcwNTJENDM2Qg --node-id 4 \\",
                     "      --voters 1@127.0.0.1:9191,2@127.0.0.1:9192,3@127.0.0.1:9193 \\",
                     "      --observer --peer-listen 127.0.0.1:9194 --data-dir ./controller-4 \\",
                     "      --client-listen 127.0.0.1:9094",
                     "    quoratectl quorum add 4 --bootstrap 127.0.0.1:9091",
                     "",
                     "Read the options from a file, and override one of them:",
                     "",
                     "    QUORATE_LOG_LEVEL=warning quorate-controller --config controller.toml"}}},
  };
}

}  // namespace quorate::server
