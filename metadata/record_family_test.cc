// Checks that a family which lacks something is noticed when it is compiled, and that every kind of
// record has a family.
#include "metadata/record_family.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metadata/families/families.h"
#include "metadata/record_table.h"

namespace quorate::metadata {
namespace {

using ::testing::ElementsAre;

using TopicKind = RecordKind<v1::Record::kTopic, &v1::Record::topic>;
using RemoveTopicKind = RecordKind<v1::Record::kRemoveTopic, &v1::Record::remove_topic>;
static_assert(std::is_same_v<TopicKind::Message, v1::TopicRecord>);

struct Complete {
  using Kinds = RecordKinds<TopicKind>;
  absl::Status Replay(const v1::TopicRecord&, const ReplayContext&);
  static std::string TextOf(const v1::TopicRecord&, size_t max_items);
  void AddToSnapshot(SnapshotSections&) const;
  void AddToHash(ContentHasher&) const;
  void AddToText(std::string&) const;
};
static_assert(CheckFamily<Complete>());

// Every static_assert in CheckFamily uses one of these concepts.
struct Empty {};
static_assert(HasKinds<Complete> && !HasKinds<Empty>);
static_assert(WritesSnapshot<Complete> && !WritesSnapshot<Empty>);
static_assert(WritesHash<Complete> && !WritesHash<Empty>);
static_assert(WritesHash<TopicsImage> && WritesHashInSlices<TopicsImage>);
static_assert(!WritesHashInSlices<Complete>);
static_assert(WritesText<Complete> && !WritesText<Empty>);
static_assert(ReplaysKind<Complete, TopicKind> && !ReplaysKind<Empty, TopicKind>);
static_assert(WritesTextOfKind<Complete, TopicKind> && !WritesTextOfKind<Empty, TopicKind>);
// A family needs the functions for each of its kinds.
static_assert(!ReplaysKind<Complete, RemoveTopicKind>);
static_assert(!WritesTextOfKind<Complete, RemoveTopicKind>);

TEST(RecordFamilyTest, OnlyTheFrameOfLogsAndSnapshotsHasNoFamily) {
  std::vector<std::string> without_family;
  const auto* kinds = v1::Record::descriptor()->FindOneofByName("kind");
  for (int i = 0; i < kinds->field_count(); ++i) {
    const auto kind = static_cast<v1::Record::KindCase>(kinds->field(i)->number());
    if (FindRow(kind) == nullptr) without_family.push_back(kinds->field(i)->name());
  }
  EXPECT_THAT(without_family, ElementsAre("no_op", "snapshot_header", "snapshot_footer"));
  EXPECT_EQ(FindRow(v1::Record::KIND_NOT_SET), nullptr);
}

}  // namespace
}  // namespace quorate::metadata
