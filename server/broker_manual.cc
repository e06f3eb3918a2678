#include "server/broker_manual.h"

namespace quorate::server {

ProgramManual BrokerManual() {
  return {
      .name = "quorate-broker",
      .summary = "the reference broker of a Quorate cluster",
      .description =
          "Registers with the active controller, follows the metadata log from any controller, and "
          "takes up the leader and follower roles that the log gives it. What it believes can be "
          "asked on its listener (gRPC: BrokerViewService, with reflection and grpc.health.v1, "
          "where quorate.ready serves while the broker is unfenced). Brokers hold no messages yet. "
          "Without a controller it keeps its last image and roles, and says so. SIGTERM and SIGINT "
          "stop it in good order: its leaderships are moved first. SIGHUP opens the log file anew, "
          "SIGUSR1 switches the log level debug on and off.",
      .sections =
          {{"FILES",
            {"DATA_DIR/",
             "    this broker's identity and a lock: never shared, never copied to another broker",
             "FILE of --config", "    keys are the options with underscores, without tables:", "",
             "    cluster_id = \"MkU3OEVBNTcwNTJENDM2Qg\"", "    broker_id = 1",
             "    bootstrap = [\"controller-1:9090\", \"controller-2:9090\", "
             "\"controller-3:9090\"]",
             "    listen = \"0.0.0.0:9092\"", "    advertise = \"broker-1:9092\""}},
           {"EXIT STATUS",
            {"    0  stopped in good order, or --help or --version",
             "    1  cannot start or go on: a port in use, a data directory of another broker or",
             "       in use, an id that another live broker holds, another cluster's controllers, "
             "a",
             "       log of a newer version; standard error says which, and what to do",
             "    2  the configuration is wrong; nothing was changed"}},
           {"EXAMPLES",
            {"One of three on one machine:", "",
             "    quorate-broker --cluster-id MkU3OEVBNTcwNTJENDM2Qg --broker-id 1 \\",
             "      --bootstrap 127.0.0.1:9091,127.0.0.1:9092,127.0.0.1:9093 \\",
             "      --listen 127.0.0.1:9101", "", "What it believes, from another terminal:", "",
             "    grpcurl -plaintext 127.0.0.1:9101 \\",
             "      quorate.broker.v1.BrokerViewService/DescribeBroker", ""}}},
  };
}

}  // namespace quorate::server
