#include <string>
#include <vector>

#include "storage/directory_identity.h"
#include "storage/key_layout.h"
#include "storage/log_codec.h"
#include "storage/memory_kv.h"
#include "storage/memory_snapshot_files.h"
#include "storage/snapshot_writer.h"
#include "storage/testing/log_builder.h"
#include "storage/testing/opened_log.h"
#include "storage/voter_lists.h"
#include "tests/fuzz/make_corpus.h"

namespace quorate::fuzz {
namespace {

using storage::KvFamily;

raft::VoterSet VotersWithEndpoints() {
  return raft::VoterSet({{.key = storage::MakeKey(0, 'a'), .peer_endpoint = "controller-0:9193"},
                         {.key = storage::MakeKey(1, 'b'),
                          .peer_endpoint = "10.0.0.1:9193",
                          .client_endpoint = "10.0.0.1:9192",
                          .kafka_endpoint = "[2001:db8::1]:9092"},
                         {.key = storage::MakeKey(300, 'c')}});
}

raft::SnapshotMeta SnapshotAt(int64_t index) {
  return {.id = {.end_offset = RecordOffset(index * 3), .epoch = Epoch(2)},
          .last_index = LogIndex(index),
          .last_checksum = 0x0123456789abcdef,
          .last_append_time_ms = 1'700'000'000'000,
          .voters_index = LogIndex(2),
          .voters = VotersWithEndpoints()};
}

void AddEntries(CorpusWriter& corpus) {
  storage::LogBuilder log;
  for (const raft::EntryPtr& entry :
       {log.Make(1, "records", 3), log.MakeVoters(1, VotersWithEndpoints())}) {
    corpus.Add("entry", entry->encoded());
  }
  corpus.Add("entry",
             raft::Entry::Make(
                 {.type = raft::EntryType::kBarrier, .epoch = Epoch(2), .index = LogIndex(1)}, "")
                 ->encoded());
  corpus.Add("entry",
             raft::Entry::Make({.epoch = Epoch(7),
                                .index = LogIndex(41),
                                .base_offset = RecordOffset(100),
                                .record_count = 2,
                                .append_time_ms = 1'700'000'000'000,
                                .principal = "alice",
                                .cause = "CreateTopics orders",
                                .request_id = RequestId{storage::MakeKey(1, 'u').directory_id, 5},
                                .prev_checksum = 99},
                               "payload")
                 ->encoded());
  corpus.Add("voter_set", VotersWithEndpoints().Encode());
  corpus.Add("voter_set", storage::MakeVoters({1, 2, 3}).Encode());
  corpus.Add("voter_set", storage::MakeVoters({0}).Encode());
}

void AddValues(CorpusWriter& corpus) {
  const std::vector<std::string> values = {
      storage::EncodeState({.write_id = 5,
                            .hard_state = {.epoch = Epoch(3), .vote = storage::MakeKey(2, 'v')},
                            .first_index = LogIndex(1),
                            .last_index = LogIndex(9)}),
      storage::EncodeEpochStarts({{Epoch(1), LogIndex(1)}, {Epoch(3), LogIndex(4)}}),
      storage::EncodeVoterEntries({LogIndex(2), LogIndex(7)}),
      storage::EncodeLogStart(SnapshotAt(10)),
      storage::EncodeFoundingVoters(VotersWithEndpoints())};
  for (size_t i = 0; i < values.size(); ++i) {
    corpus.Add("log_values", std::string(1, static_cast<char>(i)) + values[i]);
  }
  corpus.Add("log_values", std::string(1, '\0') + storage::EncodeState({}));
  storage::DirectoryIdentity identity{
      .owner = {.cluster_id = "MkU3OEVBNTcwNTJENDM2Qg", .node_id = 1},
      .directory_id = storage::MakeKey(1, 'd').directory_id};
  corpus.Add("data_files", std::string(1, '\0') + storage::EncodeIdentity(identity));
  identity.owner.role = storage::Role::kBroker;
  identity.is_formatted = true;
  corpus.Add("data_files", std::string(1, '\0') + storage::EncodeIdentity(identity));
  corpus.Add("data_files",
             '\1' + storage::EncodeVoterLists({{NodeId(1), NodeId(2), NodeId(3)}, {NodeId(7)}}));
}

// Returns the store as log_recovery_fuzz.cc reads it.
std::string Dump(const storage::MemoryKv& kv) {
  const std::vector<std::string_view> keys = {storage::kStateKey, storage::kLogStartKey,
                                              storage::kEpochStartsKey, storage::kVoterEntriesKey,
                                              storage::kFoundingVotersKey};
  std::string dump;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto value = kv.Get(KvFamily::kMeta, keys[i]).value();
    if (value) dump += static_cast<char>(i) + WithLength(*value);
  }
  // The first entry after a gap keeps its link to what is no longer there.
  constexpr char kGap = '\xff';
  constexpr char kRepaired = 6;
  constexpr char kKept = 7;
  bool is_first = true;
  for (const std::string& key : kv.Keys(KvFamily::kLog)) {
    const auto missing = static_cast<char>(key.back() - 1);
    const bool follows_gap = is_first && missing > 0;
    if (follows_gap) dump += {kGap, missing};
    dump += (follows_gap ? kKept : kRepaired) + WithLength(*kv.Get(KvFamily::kLog, key).value());
    is_first = false;
  }
  return dump;
}

void AddLogs(CorpusWriter& corpus) {
  corpus.Add("log_recovery", std::string());
  storage::MemoryKv kv;
  storage::OpenedLog log(&kv);
  CHECK_OK(log.Open());
  storage::LogBuilder builder;
  log.Write({.hard_state = raft::HardState{.epoch = Epoch(1), .vote = storage::MakeKey(1, 'd')},
             .founding_voters = VotersWithEndpoints()});
  corpus.Add("log_recovery", Dump(kv));
  log.Append({builder.Make(1, "first", 2)});
  log.Append({builder.MakeVoters(1, storage::MakeVoters({1, 2, 3})), builder.Make(1, "third")});
  corpus.Add("log_recovery", Dump(kv));
  log.Write({.hard_state = raft::HardState{.epoch = Epoch(4)},
             .entries = {builder.Make(4, "fourth"), builder.Make(4, "fifth", 7)}});
  corpus.Add("log_recovery", Dump(kv));
  log.Write({.drop_prefix = LogIndex(2)});
  log.Write({.drop_prefix = LogIndex(3)});
  corpus.Add("log_recovery", Dump(kv));
  log.Write({.install_snapshot = SnapshotAt(20)});
  corpus.Add("log_recovery", Dump(kv));
}

void AddSnapshotFiles(CorpusWriter& corpus) {
  for (const std::vector<std::string>& chunks :
       {std::vector<std::string>{"one chunk"}, {"first", "", std::string(300, 'x')}}) {
    storage::MemorySnapshotFiles files;
    storage::SnapshotWriter writer(&files, SnapshotAt(10), "seed");
    for (const std::string& chunk : chunks) CHECK_OK(writer.Append(chunk));
    CHECK_OK(writer.Finish());
    corpus.Add("snapshot_file", files.Read("seed", 0, 1 << 20).value());
  }
}

}  // namespace

void AddStorageInputs(CorpusWriter& corpus) {
  AddEntries(corpus);
  AddValues(corpus);
  AddLogs(corpus);
  AddSnapshotFiles(corpus);
}

}  // namespace quorate::fuzz
