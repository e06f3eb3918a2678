#include "tests/process/chaos/client_history.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "metadata/describe.h"

namespace quorate::testing {
namespace {

using metadata::MetadataImage;

// Returns what is wrong with an answered change, given its results in the log.
std::optional<std::string> FindWrong(const Change& change, const std::vector<LoggedResult>& results,
                                     const CommittedLog& log) {
  if (results.empty()) return "it was answered and is not in the log";
  const LoggedResult& logged = results.front();
  if (logged.end_offset > change.end_offset) {
    return absl::StrFormat("the answer names offset %d, and it was committed up to %d",
                           change.end_offset, logged.end_offset);
  }
  if (logged.base_offset < change.acknowledged_before) {
    return absl::StrFormat(
        "it was committed at offset %d, before %d, which was acknowledged earlier",
        logged.base_offset, change.acknowledged_before);
  }
  if (!change.compare_codes) return std::nullopt;
  if (logged.codes != change.codes) {
    return absl::StrFormat("the answer has the codes [%s], and the log has [%s]",
                           absl::StrJoin(change.codes, ","), absl::StrJoin(logged.codes, ","));
  }
  const bool refused =
      std::all_of(change.codes.begin(), change.codes.end(), [](int code) { return code != 0; });
  if (!change.codes.empty() && refused && !logged.changes_nothing) {
    return absl::StrFormat("every item was refused, and the batch at offset %d changes something",
                           logged.base_offset);
  }
  if (refused || !change.holds) return std::nullopt;
  const std::optional<MetadataImage> image = log.ImageAt(logged.end_offset);
  if (!image || !change.holds(*image)) {
    return absl::StrFormat("the state at offset %d does not have what the answer says",
                           logged.end_offset);
  }
  return std::nullopt;
}

std::optional<std::string> FindWrong(const Change& change, const CommittedLog& log) {
  const std::vector<LoggedResult> results = log.ResultsOf(change.id);
  switch (change.outcome) {
    case Change::Outcome::kUnknown:
      return std::nullopt;
    case Change::Outcome::kRefused:
      if (results.empty()) return std::nullopt;
      return absl::StrFormat("it was refused as a whole, and its result is at offset %d",
                             results.front().base_offset);
    case Change::Outcome::kAnswered:
      return FindWrong(change, results, log);
  }
  return std::nullopt;
}

std::optional<std::string> FindWrong(const TopicsRead& read, const CommittedLog& log) {
  if (read.end_offset < read.acknowledged_before) {
    return absl::StrFormat("it shows offset %d, after offset %d was acknowledged", read.end_offset,
                           read.acknowledged_before);
  }
  const std::optional<MetadataImage> image = log.ImageAt(read.end_offset);
  if (!image) return absl::StrFormat("no batch ends at its offset %d", read.end_offset);
  std::vector<std::string> expected;
  for (const auto& topic : metadata::DescribeTopics(*image, {})) {
    expected.push_back(topic.SerializeAsString());
  }
  if (expected == read.topics) return std::nullopt;
  return absl::StrFormat("it does not show the topics of the log at offset %d", read.end_offset);
}

}  // namespace

int64_t ClientHistory::acknowledged() const {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

void ClientHistory::Add(Change change) {
  const std::lock_guard lock(mutex_);
  acknowledged_ = std::max(acknowledged_, change.end_offset);
  changes_.push_back(std::move(change));
}

void ClientHistory::Add(TopicsRead read) {
  const std::lock_guard lock(mutex_);
  acknowledged_ = std::max(acknowledged_, read.end_offset);
  reads_.push_back(std::move(read));
}

void ClientHistory::Judge(const CommittedLog& log, Violations& violations) const {
  const std::lock_guard lock(mutex_);
  for (const Change& change : changes_) {
    const std::optional<std::string> wrong = FindWrong(change, log);
    if (!wrong) continue;
    violations.Add(absl::StrFormat("%s (request %s:%d): %s", change.text,
                                   change.id.client_uuid.ToString(), change.id.sequence, *wrong));
  }
  for (const TopicsRead& read : reads_) {
    const std::optional<std::string> wrong = FindWrong(read, log);
    if (wrong) violations.Add(read.text + ": " + *wrong);
  }
}

std::string ClientHistory::Summary() const {
  const std::lock_guard lock(mutex_);
  std::map<Change::Outcome, int> counts;
  int all_items_refused = 0;
  for (const Change& change : changes_) {
    ++counts[change.outcome];
    if (!change.codes.empty() && change.codes.front() != 0) ++all_items_refused;
  }
  return absl::StrFormat(
      "%d changes answered (%d of them with an error), %d refused as a whole, %d with unknown "
      "outcome, %d reads",
      counts[Change::Outcome::kAnswered], all_items_refused, counts[Change::Outcome::kRefused],
      counts[Change::Outcome::kUnknown], reads_.size());
}

}  // namespace quorate::testing
