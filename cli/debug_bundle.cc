#include "cli/debug_bundle.h"

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/version.h"
#include "cli/archive_file.h"
#include "cli/cluster_facts.h"
#include "cli/doctor.h"
#include "cli/json.h"
#include "cli/status.h"
#include "cli/text.h"
#include "metadata/configs/config_keys.h"

namespace quorate::cli {
namespace {

// Returns the endpoint as a part of a file name.
std::string FileNameOf(std::string endpoint) {
  std::replace_if(
      endpoint.begin(), endpoint.end(),
      [](char c) { return !absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.'; }, '-');
  return endpoint;
}

// Returns the files of the bundle by name.
std::map<std::string, std::string> FilesOf(const ClusterFacts& facts, int64_t now_ms) {
  std::map<std::string, std::string> files;
  const std::vector<Finding> findings = Diagnose(facts);
  files["doctor.txt"] = FindingsText(findings);
  files["doctor.json"] = JsonText(FindingsJson(findings));
  if (facts.cluster) files["cluster.json"] = JsonText(ToJson(*facts.cluster));
  if (facts.topics) files["topics.json"] = JsonText(ToJson(WithoutSecrets(*facts.topics)));
  for (const ProcessFacts& process : facts.processes) {
    const std::string name = FileNameOf(process.endpoint);
    if (!process.problem.empty()) {
      files[name + "/problem.txt"] = process.problem + "\n";
      continue;
    }
    files[name + "/metrics.txt"] = process.page;
    if (!process.quorum) continue;
    files[name + "/quorum.json"] = JsonText(ToJson(*process.quorum));
    if (facts.cluster && process.quorum->from_leader()) {
      files["status.txt"] = StatusText(*facts.cluster, *process.quorum, now_ms);
    }
  }
  std::string index =
      absl::StrFormat("Written at %s by quoratectl %s.\n", TimeText(now_ms), Version());
  for (const auto& [name, content] : files) {
    index += absl::StrFormat("%8d bytes  %s\n", content.size(), name);
  }
  files["INDEX.txt"] = index;
  return files;
}

absl::Status Write(const std::string& path, const std::map<std::string, std::string>& files,
                   int64_t now_ms) {
  ASSIGN_OR_RETURN(ArchiveFile file, ArchiveFile::Create(path, now_ms / 1000));
  for (const auto& [name, content] : files) {
    RETURN_IF_ERROR(file.Add("quorate-debug/" + name, content));
  }
  return file.Finish();
}

ExitCode Bundle(Session& session, const std::string& path) {
  const int64_t now_ms = SystemClock().WallMs();
  const ClusterFacts facts = CollectFacts(session);
  const std::map<std::string, std::string> files = FilesOf(facts, now_ms);
  if (const absl::Status status = Write(path, files, now_ms); !status.ok()) {
    return session.Fail(status);
  }
  const auto silent =
      std::count_if(facts.processes.begin(), facts.processes.end(),
                    [](const ProcessFacts& process) { return !process.problem.empty(); });
  if (session.json()) {
    session.out() << JsonText({{"path", path}, {"files", files.size()}, {"unreachable", silent}});
  }
  session.Say(absl::StrFormat("Wrote %s to %s. Add the logs of the processes to a bug report.",
                              Plural(static_cast<int64_t>(files.size()), "file"), path));
  for (const ProcessFacts& process : facts.processes) {
    if (!process.problem.empty()) session.Complain(process.endpoint + ": " + process.problem);
  }
  return silent == static_cast<std::ptrdiff_t>(facts.processes.size()) ? ExitCode::kUnreachable
                                                                       : ExitCode::kDone;
}

}  // namespace

admin::v1::DescribeTopicsResponse WithoutSecrets(admin::v1::DescribeTopicsResponse topics) {
  for (auto& topic : *topics.mutable_topics()) {
    for (auto& config : *topic.mutable_configs()) {
      if (metadata::IsSensitiveConfig(metadata::ConfigResourceType::kTopic, config.key())) {
        config.set_value(metadata::kHiddenConfigValue);
      }
    }
  }
  return topics;
}

void AddDebugBundle(CommandLine& line, CLI::App* debug) {
  auto path = std::make_shared<std::string>();
  CLI::App* verb = line.AddCommand(
      debug,
      {.name = "bundle",
       .summary = "write everything that a bug report needs to one archive",
       .description =
           "Collects what 'quoratectl doctor' examines: the metrics and the view of the quorum of "
           "every controller and broker named by --bootstrap, the state of the cluster, its "
           "topics (up to 20,000 partitions), and the findings. Writes them to a new file, a tar "
           "archive compressed with gzip that only its owner may read. The values of configs that "
           "may be secret are replaced. Names of topics, addresses and racks are in it. The exit "
           "status is 0 if a process has answered, and 3 if none has.",
       .examples = {"quoratectl debug bundle quorate-debug.tar.gz"}},
      CommonFlags::kCluster, [path](Session& session) { return Bundle(session, *path); });
  verb->add_option("FILE", *path, "The archive to write. It must not exist.")->required();
}

}  // namespace quorate::cli
