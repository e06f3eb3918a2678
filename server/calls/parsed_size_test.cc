#include "server/calls/parsed_size.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/unknown_field_set.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::server {
namespace {

using admin::v1::CreateTopicsRequest;

constexpr size_t kNoEnd = std::numeric_limits<size_t>::max();

size_t SizeOf(const std::string& bytes, size_t enough = kNoEnd) {
  google::protobuf::io::ArrayInputStream in(bytes.data(), static_cast<int>(bytes.size()));
  return ParsedSize(*CreateTopicsRequest::descriptor(), &in, enough);
}

// Expects an estimate that is not below protobuf's own figure, and not many times above it.
void ExpectBoundsWhatItTakes(const CreateTopicsRequest& request) {
  CreateTopicsRequest parsed;
  ASSERT_TRUE(parsed.ParseFromString(request.SerializeAsString()));
  const size_t counted = SizeOf(request.SerializeAsString());
  EXPECT_GE(counted, parsed.SpaceUsedLong());
  EXPECT_LE(counted, 4 * parsed.SpaceUsedLong());
}

TEST(ParsedSizeTest, ManyEmptyMessages) {
  CreateTopicsRequest request;
  for (int i = 0; i < 10'000; ++i) request.add_topics();
  ExpectBoundsWhatItTakes(request);
}

TEST(ParsedSizeTest, ManyShortStrings) {
  CreateTopicsRequest request;
  for (int i = 0; i < 10'000; ++i) request.add_topics()->set_name("t");
  ExpectBoundsWhatItTakes(request);
}

TEST(ParsedSizeTest, OneLongString) {
  CreateTopicsRequest request;
  request.add_topics()->set_name(std::string(1'000'000, 'x'));
  ExpectBoundsWhatItTakes(request);
}

TEST(ParsedSizeTest, PackedNumbers) {
  CreateTopicsRequest request;
  auto* assignment = request.add_topics()->add_assignments();
  for (int i = 0; i < 100'000; ++i) assignment->add_broker_ids(i % 100);
  ExpectBoundsWhatItTakes(request);
}

TEST(ParsedSizeTest, MessagesInMessages) {
  CreateTopicsRequest request;
  for (int i = 0; i < 1'000; ++i) {
    auto* topic = request.add_topics();
    topic->set_name("a-topic-with-a-longer-name-" + std::to_string(i));
    for (int p = 0; p < 10; ++p) topic->add_assignments()->add_broker_ids(p);
    topic->add_configs()->set_key("retention.ms");
  }
  ExpectBoundsWhatItTakes(request);
}

TEST(ParsedSizeTest, CountingEndsWhereItIsEnough) {
  CreateTopicsRequest request;
  for (int i = 0; i < 100'000; ++i) request.add_topics();
  const size_t counted = SizeOf(request.SerializeAsString(), 10'000);
  EXPECT_GT(counted, 10'000U);
  EXPECT_LT(counted, 20'000U);
}

TEST(ParsedSizeTest, MalformedBytesDoNoHarm) {
  EXPECT_GT(SizeOf(""), 0U);
  EXPECT_GT(SizeOf(std::string(1'000, '\xff')), 0U);
  // A length far beyond the end.
  EXPECT_GT(SizeOf("\x12\xff\xff\xff\xff\x0f"), 0U);
}

// An old controller gets fields that it does not know, which protobuf keeps.
TEST(ParsedSizeTest, UnknownFields) {
  constexpr int kUnknown = 1000;
  google::protobuf::UnknownFieldSet numbers;
  for (int i = 0; i < 10'000; ++i) numbers.AddVarint(kUnknown, 1);
  google::protobuf::UnknownFieldSet texts;
  for (int i = 0; i < 10'000; ++i) texts.AddLengthDelimited(kUnknown, "text");
  google::protobuf::UnknownFieldSet groups;
  for (int i = 0; i < 10'000; ++i) groups.AddGroup(kUnknown)->AddVarint(1, 1);
  google::protobuf::UnknownFieldSet one_group;
  for (int i = 0; i < 10'000; ++i) {
    if (i == 0) one_group.AddGroup(kUnknown);
    one_group.mutable_field(0)->mutable_group()->AddVarint(1, 1);
  }
  for (const auto* fields : {&numbers, &texts, &groups, &one_group}) {
    CreateTopicsRequest request;
    request.GetReflection()->MutableUnknownFields(&request)->MergeFrom(*fields);
    ExpectBoundsWhatItTakes(request);
  }
}

TEST(ParsedSizeTest, OneElementInManyLists) {
  CreateTopicsRequest request;
  auto* topic = request.add_topics();
  topic->add_configs();
  for (int i = 0; i < 100; ++i) topic->add_assignments()->add_broker_ids(1);
  ExpectBoundsWhatItTakes(request);
}

}  // namespace
}  // namespace quorate::server
