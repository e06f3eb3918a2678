// Real controllers on damaged disks. Damaged data is noticed and never served, and a write that was
// only cut short by a crash is not treated as damage.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

void CopyOver(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

void FlipBit(const fs::path& path, uintmax_t byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(byte));
  const int before = file.get();
  ASSERT_GE(before, 0) << path;
  file.seekp(static_cast<std::streamoff>(byte));
  file.put(static_cast<char>(before ^ 0x10));
}

// Returns the path of RocksDB's current write-ahead log.
fs::path WalOf(const std::string& directory) {
  std::set<fs::path> wals;
  for (const auto& file : fs::directory_iterator(directory + "/log")) {
    if (file.path().extension() == ".log") wals.insert(file.path());
  }
  CHECK(!wals.empty()) << directory;
  return *wals.rbegin();
}

// Returns the kind of a file. "MANIFEST-000004" and "MANIFEST-000005" are of the same kind, and so
// are two tables.
std::string KindOf(const fs::path& path) {
  const std::string name = path.filename().string();
  if (path.has_extension() && path.parent_path().filename() == "log") return path.extension();
  return name.substr(0, name.find('-'));
}

class DamageTest : public ::testing::Test {
 protected:
  DamageTest() {
    cluster_.Start();
    client::AdminClient client = cluster_.Client();
    CreateTopic(client, "first", 1, 1);
    // After this restart, some data is in tables and some is in the write-ahead log.
    const int node = cluster_.Others(cluster_.AwaitActive()).front();
    cluster_.controller(node).Kill();
    cluster_.StartController(node);
    cluster_.AwaitReady();
    CreateTopic(client, "second", 1, 1);
    cluster_.AwaitReady();
    damaged_ = node;
    for (const int each : {1, 2, 3}) {
      const fs::path watermark = cluster_.ControllerDirectory(each) + "/watermark";
      CHECK(WaitFor([&] { return fs::exists(watermark); })) << watermark;
    }
  }

  std::string Saved(int node) const {
    return cluster_.directory() + "/saved-" + std::to_string(node);
  }

  std::vector<std::string> TopicsOn(int node) {
    client::AdminClient client = cluster_.Client({node});
    std::vector<std::string> names = TopicNames(client);
    std::sort(names.begin(), names.end());
    return names;
  }

  Cluster cluster_{{.controllers = 3, .brokers = 1}};
  int damaged_ = 0;
};

TEST_F(DamageTest, AFlippedBitInAnyKindOfFileIsNoticedOrDoesNoHarm) {
  cluster_.controller(damaged_).Kill();
  const std::string directory = cluster_.ControllerDirectory(damaged_);
  CopyOver(directory, Saved(damaged_));
  client::AdminClient client = cluster_.Client();

  std::set<std::string> kinds;
  std::set<std::string> refused;
  for (const auto& file : fs::recursive_directory_iterator(Saved(damaged_))) {
    if (!file.is_regular_file() || file.file_size() == 0) continue;
    const std::string kind = KindOf(file.path());
    if (!kinds.insert(kind).second) continue;
    for (const uintmax_t place : {file.file_size() / 3, file.file_size() * 3 / 4}) {
      SCOPED_TRACE(file.path().string() + ", byte " + std::to_string(place));
      CopyOver(Saved(damaged_), directory);
      ASSERT_NO_FATAL_FAILURE(
          FlipBit(directory / fs::relative(file.path(), Saved(damaged_)), place));
      cluster_.StartController(damaged_);
      // The controller stops, or it serves exactly what the others serve.
      Process& process = cluster_.controller(damaged_);
      bool serves = false;
      ASSERT_TRUE(WaitFor([&] {
        if (!process.Running()) return true;
        const auto seen = cluster_.QuorumSeenBy(damaged_);
        serves = seen && seen->leader_id() > 0;
        return serves;
      }));
      if (serves) {
        EXPECT_THAT(TopicsOn(damaged_), ElementsAre("first", "second"));
        process.Kill();
      } else {
        refused.insert(kind);
        EXPECT_EQ(process.Wait(kPatience)->code, 1) << process.Log();
        EXPECT_THAT(process.Log(), HasSubstr("put"));  // the remedy
      }
    }
  }
  // Damage in other files is harmless: LOCK, which holds a pid, and RocksDB's LOG, OPTIONS and
  // IDENTITY.
  EXPECT_THAT(refused, IsSupersetOf({"identity.properties", "watermark", "CURRENT", ".log"}));
  EXPECT_THAT(kinds, IsSupersetOf({"MANIFEST", ".sst"}));
  // The other controllers were not affected. With the intact files, the controller is a member
  // again.
  CreateTopic(client, "third", 1, 1);
  CopyOver(Saved(damaged_), directory);
  cluster_.StartController(damaged_);
  cluster_.AwaitReady();
  EXPECT_THAT(TopicsOn(damaged_), ElementsAre("first", "second", "third"));
}

// A power loss hits all controllers in the middle of the last write, which was not acknowledged.
// Each round cuts the write at another place, and each controller at a different one.
// storage/log_damage_test.cc cuts at every byte, and verifies that the log then opens as it was
// before that write.
TEST_F(DamageTest, ALastWriteCutShortOnAllAtOnceIsDroppedAndTheyGoOn) {
  constexpr int kRounds = 6;
  std::map<int, uintmax_t> whole_before;
  std::map<int, std::string> watermarks;
  for (const int node : {1, 2, 3}) {
    const std::string directory = cluster_.ControllerDirectory(node);
    whole_before[node] = fs::file_size(WalOf(directory));
    fs::copy_file(directory + "/watermark", Saved(node) + ".watermark");
  }
  client::AdminClient client = cluster_.Client();
  CreateTopic(client, "last", 1, 1);
  cluster_.AwaitReady();
  cluster_.broker(1).Kill();
  for (const int node : {1, 2, 3}) {
    cluster_.controller(node).Kill();
    const std::string directory = cluster_.ControllerDirectory(node);
    // Restores the old watermark file, as if it had not been written since.
    fs::copy_file(Saved(node) + ".watermark", directory + "/watermark",
                  fs::copy_options::overwrite_existing);
    CopyOver(directory, Saved(node));
  }
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(round);
    for (const int node : {1, 2, 3}) {
      const std::string directory = cluster_.ControllerDirectory(node);
      CopyOver(Saved(node), directory);
      const uintmax_t before = whole_before[node];
      const uintmax_t whole = fs::file_size(WalOf(directory));
      ASSERT_GT(whole, before);
      const uintmax_t cut = (whole - before) * (3 * round + node - 1) / (3 * kRounds);
      fs::resize_file(WalOf(directory), before + cut);
      cluster_.StartController(node);
    }
    cluster_.AwaitReady();
    // The cut may remove only what follows the topic's entry, so the topic may exist.
    EXPECT_THAT(TopicsOn(1),
                AnyOf(ElementsAre("first", "second"), ElementsAre("first", "last", "second")));
    for (const int node : {1, 2, 3}) cluster_.controller(node).Kill();
  }
}

// The controller may have acknowledged the entries that it lost. It must therefore rejoin as a new
// replica, with data from the other controllers.
TEST_F(DamageTest, AControllerWhoseLastWriteIsDamagedRejoinsFromTheOthers) {
  const std::string directory = cluster_.ControllerDirectory(damaged_);
  client::AdminClient client = cluster_.Client();
  CreateTopic(client, "last", 1, 1);
  cluster_.AwaitReady();
  Process& process = cluster_.controller(damaged_);
  process.Signal(SIGTERM);
  ASSERT_TRUE(process.Wait(kPatience));
  // The file has its full length, so the last write was complete and may have been acknowledged.
  ASSERT_NO_FATAL_FAILURE(FlipBit(WalOf(directory), fs::file_size(WalOf(directory)) - 1));
  cluster_.StartController(damaged_);
  Process& restarted = cluster_.controller(damaged_);
  const auto status = restarted.Wait(kPatience);
  ASSERT_TRUE(status) << "it takes part with a damaged log";
  EXPECT_EQ(status->code, 1) << restarted.Log();
  EXPECT_THAT(restarted.Log(),
              HasSubstr("'quoratectl quorum replace " + std::to_string(damaged_) + "'"));

  fs::remove_all(directory);
  cluster_.StartController(damaged_, {"--observer"});
  // The command runs at once, because it waits until the replica has caught up.
  const RunResult replaced =
      testing::Run({QuoratectlProgram(), "quorum", "replace", std::to_string(damaged_),
                    "--bootstrap", cluster_.Bootstrap()});
  ASSERT_EQ(replaced.status.code, 0) << replaced.errors;
  cluster_.AwaitReady();
  EXPECT_THAT(TopicsOn(damaged_), ElementsAre("first", "last", "second"));
  // The replica counts as a voter again: the cluster needs its vote to commit.
  cluster_.controller(cluster_.Others(damaged_).front()).Kill();
  CreateTopic(client, "with-its-vote", 1, 1);
}

}  // namespace
}  // namespace quorate::testing
