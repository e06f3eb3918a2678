// The commands of quoratectl, in the order in which --help lists them.
#include "cli/audit.h"
#include "cli/brokers.h"
#include "cli/check.h"
#include "cli/cluster.h"
#include "cli/command_line.h"
#include "cli/completion.h"
#include "cli/configs.h"
#include "cli/debug.h"
#include "cli/doctor.h"
#include "cli/events.h"
#include "cli/features.h"
#include "cli/health.h"
#include "cli/log.h"
#include "cli/partitions.h"
#include "cli/quorum.h"
#include "cli/snapshot.h"
#include "cli/status.h"
#include "cli/topics.h"

namespace quorate::cli {

void AddAllCommands(CommandLine& line) {
  AddStatus(line);
  AddDoctor(line);
  AddTopics(line);
  AddPartitions(line);
  AddConfigs(line);
  AddBrokers(line);
  AddQuorum(line);
  AddCluster(line);
  AddFeatures(line);
  AddEvents(line);
  AddLog(line);
  AddAudit(line);
  AddSnapshot(line);
  AddHealth(line);
  AddDebug(line);
  AddCheck(line);
  AddCompletion(line);
}

}  // namespace quorate::cli
