#include "server/program/broker_manual.h"

namespace quorate::server {

ProgramManual BrokerManual() {
  return {
      .name = "quorate-broker",
      .summary = "the reference broker of a Quorate cluster",
      .description =
          "quorate-broker runs one broker of a cluster. It registers with the active controller, "
          "follows the metadata log from any controller, and takes the leader and follower roles "
          "that the log assigns to it. Brokers hold no messages yet. A broker that can reach no "
          "controller keeps its last metadata image and its roles, and reports that it has no "
          "controller.\n\nThe listener serves gRPC with server reflection and health checks. Its "
          "BrokerViewService shows the state of the broker as the broker sees it.",
      .sections =
          {{"SIGNALS",
            {"SIGTERM, SIGINT",
             "    Stop gracefully: move the leaderships of this broker to other brokers",
             "    first (see --controlled-shutdown-timeout-ms). A second signal ends the",
             "    process at once.", "SIGHUP",
             "    Reopen the log file, for example after it was renamed (see --log-dir).",
             "SIGUSR1", "    Set the log level to debug; the next SIGUSR1 restores it."}},
           {"HEALTH CHECKS",
            {"The listener serves grpc.health.v1. The service \"\" is SERVING while the process is "
             "alive. The service quorate.ready is SERVING while the broker is unfenced."}},
           {"FILES",
            {"Data directory (--data-dir)",
             "    Contains the identity of this broker and a lock. Do not share it between",
             "    processes, and do not copy it to another broker.",
             "Configuration file (--config)",
             "    A TOML file without tables. Its keys are the names of the options, with",
             "    underscores in place of hyphens:", "",
             "        cluster_id = \"MkU3OEVBNTcwNTJENDM2Qg\"", "        broker_id = 1",
             "        bootstrap = [\"host-1:9090\", \"host-2:9090\", \"host-3:9090\"]",
             "        listen = \"0.0.0.0:9092\"", "        advertise = \"broker-1:9092\""}},
           {"EXIT STATUS",
            {" 0  The broker stopped gracefully, or --help or --version was given.",
             " 1  The broker cannot start or cannot continue, for example because a port",
             "    or the data directory is in use, the data directory belongs to another",
             "    broker, another live broker has its id, the controllers belong to",
             "    another cluster, or the metadata log has a newer version. Standard error",
             "    says what to do.", " 2  The configuration is invalid. Nothing was changed."}},
           {"EXAMPLES",
            {"Start one of three brokers on one machine:", "",
             "    quorate-broker --cluster-id MkU3OEVBNTcwNTJENDM2Qg --broker-id 1 \\",
             "      --bootstrap 127.0.0.1:9091,127.0.0.1:9092,127.0.0.1:9093 \\",
             "      --listen 127.0.0.1:9101", "", "Show its state from another terminal:", "",
             "    grpcurl -plaintext 127.0.0.1:9101 \\",
             "      quorate.broker.v1.BrokerViewService/DescribeBroker", ""}}},
  };
}

}  // namespace quorate::server
