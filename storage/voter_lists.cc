#include "storage/voter_lists.h"

#include <xxhash.h>

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "storage/file_io.h"

namespace quorate::storage {
namespace {

constexpr size_t kMaxLists = 16;
constexpr char kListName[] = "voters=";

std::optional<VoterList> ParseList(const std::string& text) {
  VoterList list;
  for (const auto part : absl::StrSplit(text, ',')) {
    int32_t id = 0;
    if (!absl::SimpleAtoi(part, &id)) return std::nullopt;
    list.emplace_back(id);
  }
  return list;
}

}  // namespace

std::vector<VoterList> WithVoterList(std::vector<VoterList> lists, VoterList list) {
  if (std::find(lists.begin(), lists.end(), list) != lists.end()) return lists;
  lists.insert(lists.begin(), std::move(list));
  if (lists.size() > kMaxLists) lists.resize(kMaxLists);
  return lists;
}

std::string EncodeVoterLists(const std::vector<VoterList>& lists) {
  std::string text =
      "# The voter lists that this node was started with, the latest first. Not to be edited.\n";
  for (const VoterList& list : lists) {
    absl::StrAppendFormat(&text, "%s%s\n", kListName,
                          absl::StrJoin(list, ",", [](std::string* out, NodeId id) {
                            absl::StrAppend(out, id.value());
                          }));
  }
  const uint64_t checksum = XXH3_64bits(text.data(), text.size());
  return text + absl::StrFormat("checksum=%016x\n", checksum);
}

absl::StatusOr<std::vector<VoterList>> ParseVoterLists(const std::string& content) {
  std::vector<VoterList> lists;
  for (const auto line : absl::StrSplit(content, '\n')) {
    if (!absl::StartsWith(line, kListName)) continue;
    std::optional<VoterList> list = ParseList(std::string(line.substr(sizeof(kListName) - 1)));
    if (list) lists.push_back(*std::move(list));
  }
  // If anything is missing, added or changed, the text differs from the one that Store writes.
  if (EncodeVoterLists(lists) != content) {
    return absl::DataLossError("it is damaged or was edited");
  }
  return lists;
}

absl::StatusOr<std::vector<VoterList>> VoterListFile::Load() const {
  ASSIGN_OR_RETURN(const std::optional<std::string> content, ReadFile(path_));
  if (!content) return std::vector<VoterList>();
  absl::StatusOr<std::vector<VoterList>> lists = ParseVoterLists(*content);
  if (lists.ok()) return lists;
  return absl::DataLossError(
      absl::StrFormat("%s: %s", path_, std::string(lists.status().message())));
}

absl::Status VoterListFile::Store(const std::vector<VoterList>& lists) const {
  return ReplaceFile(path_, EncodeVoterLists(lists));
}

}  // namespace quorate::storage
