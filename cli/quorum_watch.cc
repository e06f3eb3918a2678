#include "cli/quorum_watch.h"

#include <algorithm>
#include <ostream>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "cli/ask_each.h"
#include "cli/json.h"
#include "cli/quorum.h"
#include "cli/stop_condition.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeQuorumResponse;

constexpr Duration kInterval = std::chrono::milliseconds(100);
// A controller that hangs must not hide what the others say.
constexpr Duration kAnswerTimeout = std::chrono::milliseconds(500);

QuorumViews AskAll(const Session& session) {
  return AskEach(session.settings().bootstrap, [&](const HostPort& endpoint) {
    return OwnViewOfQuorum(session, endpoint, kAnswerTimeout);
  });
}

// Returns the answer of the leader of the latest epoch, otherwise an answer of the latest epoch, or
// null if there is no answer.
const DescribeQuorumResponse* BestOf(const QuorumViews& views) {
  const DescribeQuorumResponse* best = nullptr;
  for (const auto& view : views) {
    if (!view) continue;
    if (best == nullptr || std::pair(view->epoch(), view->from_leader()) >
                               std::pair(best->epoch(), best->from_leader())) {
      best = &*view;
    }
  }
  return best;
}

// "2026-11-30 01:02:03.456 UTC"
std::string ExactTimeText(int64_t wall_ms) {
  const std::string seconds = TimeText(wall_ms);
  const size_t zone = seconds.rfind(' ');
  return absl::StrFormat("%s.%03d%s", seconds.substr(0, zone), wall_ms % 1000,
                         seconds.substr(zone));
}

ExitCode Watch(Session& session) {
  StopCondition stop(Duration::max() / 2);
  const SystemClock clock;
  std::string shown;
  while (!stop.Reached() && session.out().good()) {
    const QuorumViews views = AskAll(session);
    const std::string state = QuorumStateText(views);
    if (state != shown) {
      const int64_t now_ms = clock.WallMs();
      if (session.json()) {
        session.out() << Json({{"time_ms", now_ms}, {"state", state}}).dump() << "\n";
      } else {
        session.out() << ExactTimeText(now_ms) << "  " << state << "\n";
      }
      session.out().flush();
      shown = state;
    }
    std::this_thread::sleep_for(kInterval);
  }
  return ExitCode::kDone;
}

}  // namespace

std::string QuorumStateText(const QuorumViews& views) {
  const DescribeQuorumResponse* quorum = BestOf(views);
  if (quorum == nullptr) return "no controller answers";
  if (quorum->leader_id() < 0) return absl::StrFormat("no leader in epoch %d", quorum->epoch());
  std::string text = absl::StrFormat("leader %d in epoch %d", quorum->leader_id(), quorum->epoch());
  if (!quorum->from_leader()) return text + "; it does not answer here";
  std::vector<int32_t> missing;
  for (const auto& voter : quorum->voters()) {
    if (!InContact(*quorum, voter)) missing.push_back(voter.node_id());
  }
  absl::StrAppendFormat(&text, "; %d of %d voters in contact",
                        quorum->voters_size() - static_cast<int>(missing.size()),
                        quorum->voters_size());
  if (!missing.empty()) text += ", without " + absl::StrJoin(missing, ", ");
  if (quorum->observers_size() > 0) {
    text += "; " + Plural(quorum->observers_size(), "observer");
  }
  return text;
}

void AddQuorumWatch(CommandLine& line, CLI::App* quorum) {
  line.AddCommand(
      quorum,
      {.name = "watch",
       .summary = "print a line whenever the leader or the voters in contact change",
       .description =
           "Asks every controller named by --bootstrap ten times a second for its own view, and "
           "prints the state of the quorum whenever it has changed, until the command is "
           "interrupted. With --output json each line is a JSON object.",
       .examples = {"quoratectl quorum watch",
                    "quoratectl quorum watch --output json --bootstrap "
                    "127.0.0.1:9091,127.0.0.1:9092,127.0.0.1:9093"}},
      CommonFlags::kCluster, Watch);
}

}  // namespace quorate::cli
