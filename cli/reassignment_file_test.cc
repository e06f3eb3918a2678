#include "cli/reassignment_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "storage/testing/temp_dir.h"

namespace quorate::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string ErrorOf(const std::string& text) {
  const auto partitions = ParseReassignment(text);
  EXPECT_EQ(partitions.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(partitions.status().message());
}

// As kafka-reassign-partitions --generate prints it.
TEST(ReassignmentFileTest, AFileOfKafkasTool) {
  const auto partitions = ParseReassignment(
      R"({"version":1,"partitions":[{"topic":"foo","partition":0,"replicas":[3,1],"log_dirs":)"
      R"(["any","any"]},{"replicas":[2],"partition":1,"topic":"foo.bar"}]})");
  ASSERT_TRUE(partitions.ok()) << partitions.status();
  EXPECT_THAT(*partitions,
              ElementsAre(PartitionReplicas{.topic = "foo", .partition = 0, .replicas = {3, 1}},
                          PartitionReplicas{.topic = "foo.bar", .partition = 1, .replicas = {2}}));
}

TEST(ReassignmentFileTest, WhatIsWrittenIsReadAgain) {
  const std::vector<PartitionReplicas> partitions = {
      {.topic = "a", .partition = 7, .replicas = {1, 2, 3}},
      {.topic = "b", .partition = 0, .replicas = {9}}};
  const std::string text = ReassignmentText(partitions);
  EXPECT_EQ(text,
            "{\"version\":1,\"partitions\":[\n"
            "{\"topic\":\"a\",\"partition\":7,\"replicas\":[1,2,3]},\n"
            "{\"topic\":\"b\",\"partition\":0,\"replicas\":[9]}\n"
            "]}\n");
  const auto again = ParseReassignment(text);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, partitions);
  EXPECT_THAT(*ParseReassignment(ReassignmentText({})), IsEmpty());
}

TEST(ReassignmentFileTest, ErrorsSayWhereAndWhatIsExpected) {
  const auto entry = [](const std::string& fields) {
    return "{\"version\":1,\"partitions\":[{\"topic\":\"t\",\"partition\":0,\"replicas\":[1]},{" +
           fields + "}]}";
  };
  const struct {
    std::string text;
    std::string error;
  } cases[] = {
      {"", "line 1, column 1: this is not JSON"},
      {"{\"version\":1,\n \"partitions\":[}]}", "line 2, column 16: this is not JSON, near"},
      {"[]", "the file holds a list instead of one object"},
      {"7", "the file holds a number instead of one object"},
      {"{}", "the file has no \"version\"; it must be 1"},
      {"{\"version\":1}", "the file has no \"partitions\""},
      {"{\"version\":2,\"partitions\":[]}", "version 2; only version 1 is known"},
      {"{\"version\":1,\"version\":1}", "or it occurs twice"},
      {"{\"version\":\"1\"}", "the value of \"version\" is a text"},
      {"{\"topics\":[]}", "\"topics\" is not a key of the file, which has version and partitions"},
      {"{\"version\":1,\"partitions\":[7]}",
       "partition entry 1: there is a number instead of an object"},
      {entry("\"partition\":1,\"replicas\":[1]"), "partition entry 2: \"topic\" is missing"},
      {entry("\"topic\":\"t\",\"replicas\":[1]"),
       "partition entry 2 (topic \"t\"): \"partition\" is missing"},
      {entry("\"topic\":\"t\",\"partition\":1"), "\"replicas\" must name at least one broker"},
      {entry("\"topic\":\"t\",\"partition\":-1"), "must be from 0 to 2147483647"},
      {entry("\"topic\":\"t\",\"partition\":4294967296"), "must be from 0 to 2147483647"},
      {entry("\"topic\":\"t\",\"partition\":1.5"), "the value of \"partition\" is a fraction"},
      {entry("\"replicas\":[1,-2]"), "a broker id must be from 0 to 2147483647"},
      {entry("\"replicas\":[1,1]"), "broker 1 is listed twice"},
      {entry("\"replicas\":[\"1\"]"), "\"replicas\" holds a text; it is a list of broker ids"},
      {entry("\"replicas\":[[1]]"), "\"replicas\" holds a list"},
      {entry("\"replica\":[1]"), "\"replica\" is not a key of a partition"},
      {entry("\"topic\":\"t\",\"partition\":1,\"replicas\":[1,2],\"log_dirs\":[\"any\"]"),
       "there are 1 log directories for 2 replicas"},
      {entry("\"log_dirs\":[\"/var\"]"), "the log directory \"/var\" cannot be chosen"},
      {entry("\"topic\":null"), "the value of \"topic\" is null"},
      {entry("\"topic\":\"t\",\"partition\":0,\"replicas\":[2]"),
       "partition 0 of topic \"t\" is listed twice"},
  };
  for (const auto& [text, error] : cases) EXPECT_THAT(ErrorOf(text), HasSubstr(error)) << text;
  std::string many = "\"replicas\":[0";
  for (int i = 1; i <= 32; ++i) many += "," + std::to_string(i);
  EXPECT_THAT(ErrorOf(entry(many + "]")), HasSubstr("there are more than 32 replicas"));
}

// Deep nesting must not exhaust the stack.
TEST(ReassignmentFileTest, DeepNestingIsRefused) {
  EXPECT_THAT(ErrorOf(std::string(1'000'000, '[')), HasSubstr("instead of one object"));
}

TEST(ReassignmentFileTest, AFileIsReplacedAndItsErrorsNameIt) {
  const storage::TempDir dir;
  const std::string path = dir.path() + "/reassignment.json";
  ASSERT_TRUE(
      WriteReassignmentFile(path, {{.topic = "old", .partition = 0, .replicas = {1}}}).ok());
  const std::vector<PartitionReplicas> partitions = {
      {.topic = "t", .partition = 1, .replicas = {2, 1}}};
  ASSERT_TRUE(WriteReassignmentFile(path, partitions).ok());
  const auto read = ReadReassignmentFile(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, partitions);
  std::ofstream(path) << "{";
  EXPECT_THAT(std::string(ReadReassignmentFile(path).status().message()),
              HasSubstr("reassignment.json\": line 1, column 2"));
  EXPECT_THAT(std::string(ReadReassignmentFile("/nowhere/x").status().message()),
              HasSubstr("cannot open \"/nowhere/x\": No such file or directory"));
  EXPECT_THAT(std::string(WriteReassignmentFile("/nowhere/x", {}).message()),
              HasSubstr("cannot create \"/nowhere/x.tmp\""));
}

}  // namespace
}  // namespace quorate::cli
