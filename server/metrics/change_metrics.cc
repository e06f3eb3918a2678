#include "server/metrics/change_metrics.h"

#include <iterator>
#include <string>

#include "server/metrics/metric_table.h"

namespace quorate::server {
namespace {

// In the order of controller::ElectionCause.
constexpr const char* kCauses[] = {"fence",          "controlled_shutdown",
                                   "unfence",        "registration",
                                   "unregistration", "elect_leaders",
                                   "balance",        "reassignment",
                                   "log_directory",  "unclean",
                                   "other"};
static_assert(std::size(kCauses) == controller::kElectionCauses);

}  // namespace

void AddChangeMetrics(const controller::PartitionInstruments& instruments, MetricsPage& page) {
  for (size_t i = 0; i < controller::kElectionCauses; ++i) {
    page.Add(kElections, instruments.elections[i], {{"cause", kCauses[i]}});
  }
  page.Add(kLeadersLost, instruments.leaders_lost);
  page.Add(kIsrShrinks, instruments.isr_shrinks);
  page.Add(kIsrExpands, instruments.isr_expands);
}

}  // namespace quorate::server
