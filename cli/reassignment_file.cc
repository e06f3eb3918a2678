#include "cli/reassignment_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/quote.h"

namespace quorate::cli {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxReplicas = 32;
constexpr char kAnyDirectory[] = "any";

// Builds the partitions while nlohmann's parser reads the text, so that a large file is never held
// as a tree. Each function returns whether to go on.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<PartitionReplicas>> Take() {
    if (!status_.ok()) return status_;
    return std::move(partitions_);
  }

  // The events of the parser.

  bool start_object(size_t /*size*/) {
    switch (place_) {
      case Place::kStart:
        return Enter(Place::kFile);
      case Place::kPartitions:
        current_ = {};
        has_topic_ = has_partition_ = has_replicas_ = false;
        directories_ = 0;
        return Enter(Place::kPartition);
      default:
        return Unexpected("an object");
    }
  }

  bool key(std::string& name) {
    key_ = name;
    const bool known = place_ == Place::kFile ? name == "version" || name == "partitions"
                                              : name == "topic" || name == "partition" ||
                                                    name == "replicas" || name == "log_dirs";
    if (known) return true;
    return Fail(absl::StrFormat("%s is not a key of %s, which has %s", Quote(name),
                                place_ == Place::kFile ? "the file" : "a partition",
                                place_ == Place::kFile
                                    ? "version and partitions"
                                    : "topic, partition, replicas and log_dirs"));
  }

  bool end_object() {
    if (place_ == Place::kPartition) return FinishPartition();
    if (!has_version_) return Fail("the file has no \"version\"; it must be 1");
    if (!has_partitions_) return Fail("the file has no \"partitions\"");
    return Enter(Place::kEnd);
  }

  bool start_array(size_t /*size*/) {
    if (place_ == Place::kFile && key_ == "partitions" && !has_partitions_) {
      has_partitions_ = true;
      return Enter(Place::kPartitions);
    }
    if (place_ == Place::kPartition && key_ == "replicas" && !has_replicas_) {
      has_replicas_ = true;
      return Enter(Place::kReplicas);
    }
    if (place_ == Place::kPartition && key_ == "log_dirs" && directories_ == 0) {
      return Enter(Place::kLogDirs);
    }
    return Unexpected("a list");
  }

  bool end_array() {
    return Enter(place_ == Place::kPartitions ? Place::kFile : Place::kPartition);
  }

  bool number_integer(int64_t value) { return Number(value); }
  bool number_unsigned(uint64_t value) {
    return value > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())
               ? Number(std::numeric_limits<int64_t>::max())
               : Number(static_cast<int64_t>(value));
  }
  bool number_float(double /*value*/, const std::string& /*text*/) {
    return Unexpected("a fraction");
  }
  bool string(std::string& value) {
    if (place_ == Place::kPartition && key_ == "topic" && !has_topic_) {
      has_topic_ = true;
      current_.topic = std::move(value);
      return true;
    }
    if (place_ == Place::kLogDirs) {
      ++directories_;
      if (value == kAnyDirectory) return true;
      return Fail(
          absl::StrFormat("the log directory %s cannot be chosen; use \"any\", or leave "
                          "\"log_dirs\" out",
                          Quote(value)));
    }
    return Unexpected("a text");
  }
  bool boolean(bool value) { return Unexpected(value ? "true" : "false"); }
  bool null() { return Unexpected("null"); }
  bool binary(Json::binary_t& /*value*/) { return Unexpected("binary data"); }

  template <typename Exception>
  bool parse_error(size_t position, const std::string& token, const Exception& /*error*/) {
    // The position is behind the byte that the parser did not expect.
    const size_t at = std::min(position > 0 ? position - 1 : 0, text_.size());
    const std::string_view before = text_.substr(0, at);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const size_t line_begin = before.rfind('\n') + 1;  // 0 if there is no newline
    status_ = absl::InvalidArgumentError(absl::StrFormat(
        "line %d, column %d: this is not JSON, near %s; expected {\"version\":1,\"partitions\":"
        "[{\"topic\":\"orders\",\"partition\":0,\"replicas\":[1,2]}]}",
        line, at - line_begin + 1, Quote(token)));
    return false;
  }

 private:
  enum class Place { kStart, kFile, kPartitions, kPartition, kReplicas, kLogDirs, kEnd };

  bool Enter(Place place) {
    place_ = place;
    return true;
  }

  // The parser does not tell where it is, so an error names the partition.
  bool Fail(const std::string& what) {
    std::string where;
    if (place_ != Place::kFile && place_ != Place::kStart) {
      where = absl::StrFormat("partition entry %d%s: ", partitions_.size() + 1,
                              has_topic_ ? " (topic " + Quote(current_.topic) + ")" : "");
    }
    status_ = absl::InvalidArgumentError(where + what);
    return false;
  }

  bool Unexpected(const std::string& what) {
    switch (place_) {
      case Place::kStart:
      case Place::kEnd:
        return Fail(absl::StrFormat("the file holds %s instead of one object", what));
      case Place::kPartitions:
        return Fail(absl::StrFormat("there is %s instead of an object", what));
      case Place::kReplicas:
        return Fail(absl::StrFormat("\"replicas\" holds %s; it is a list of broker ids", what));
      case Place::kLogDirs:
        return Fail(absl::StrFormat("\"log_dirs\" holds %s; it is a list of \"any\"", what));
      default:
        return Fail(absl::StrFormat("the value of \"%s\" is %s, or it occurs twice; expected %s",
                                    key_, what, ExpectedValue()));
    }
  }

  const char* ExpectedValue() const {
    if (key_ == "version") return "1";
    if (key_ == "topic") return "the name of the topic, once";
    if (key_ == "partition") return "the number of the partition, once";
    return "a list, once";
  }

  bool Number(int64_t value) {
    if (place_ == Place::kFile && key_ == "version" && !has_version_) {
      has_version_ = true;
      if (value == 1) return true;
      return Fail(absl::StrFormat("the file has version %d; only version 1 is known", value));
    }
    const bool fits = value >= 0 && value <= std::numeric_limits<int32_t>::max();
    if (place_ == Place::kPartition && key_ == "partition" && !has_partition_) {
      has_partition_ = true;
      current_.partition = fits ? static_cast<int32_t>(value) : 0;
      return fits || Fail("the number of the partition must be from 0 to 2147483647");
    }
    if (place_ != Place::kReplicas) return Unexpected("a number");
    if (!fits) return Fail("a broker id must be from 0 to 2147483647");
    const auto id = static_cast<int32_t>(value);
    std::vector<int32_t>& replicas = current_.replicas;
    if (std::find(replicas.begin(), replicas.end(), id) != replicas.end()) {
      return Fail(absl::StrFormat("broker %d is listed twice", id));
    }
    if (replicas.size() == kMaxReplicas) {
      return Fail(absl::StrFormat("there are more than %d replicas", kMaxReplicas));
    }
    replicas.push_back(id);
    return true;
  }

  bool FinishPartition() {
    if (!has_topic_ || current_.topic.empty()) return Fail("\"topic\" is missing");
    if (!has_partition_) return Fail("\"partition\" is missing");
    if (current_.replicas.empty()) return Fail("\"replicas\" must name at least one broker");
    if (directories_ != 0 && directories_ != current_.replicas.size()) {
      return Fail(absl::StrFormat("there are %d log directories for %d replicas", directories_,
                                  current_.replicas.size()));
    }
    partitions_.push_back(std::move(current_));
    current_ = {};
    has_topic_ = false;
    return Enter(Place::kPartitions);
  }

  const std::string_view text_;
  Place place_ = Place::kStart;
  std::string key_;
  bool has_version_ = false;
  bool has_partitions_ = false;
  // The partition that is being read, and which of its keys were read.
  PartitionReplicas current_;
  bool has_topic_ = false;
  bool has_partition_ = false;
  bool has_replicas_ = false;
  size_t directories_ = 0;
  std::vector<PartitionReplicas> partitions_;
  absl::Status status_;
};

absl::Status CheckNoneTwice(const std::vector<PartitionReplicas>& partitions) {
  std::vector<std::pair<std::string_view, int32_t>> names;
  names.reserve(partitions.size());
  for (const PartitionReplicas& entry : partitions) {
    names.emplace_back(entry.topic, entry.partition);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrFormat("partition %d of topic %s is listed twice; list it once", twice->second,
                      Quote(std::string(twice->first))));
}

absl::Status FileError(const std::string& path, const char* verb) {
  return absl::FailedPreconditionError(
      absl::StrFormat("cannot %s %s: %s", verb, Quote(path), std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::vector<PartitionReplicas>> ParseReassignment(std::string_view text) {
  Reader reader(text);
  Json::sax_parse(text.begin(), text.end(), &reader);
  absl::StatusOr<std::vector<PartitionReplicas>> partitions = reader.Take();
  if (!partitions.ok()) return partitions;
  if (absl::Status status = CheckNoneTwice(*partitions); !status.ok()) return status;
  return partitions;
}

std::string ReassignmentText(const std::vector<PartitionReplicas>& partitions) {
  std::string text = "{\"version\":1,\"partitions\":[";
  const char* separator = "\n";
  for (const PartitionReplicas& entry : partitions) {
    absl::StrAppendFormat(&text, "%s{\"topic\":%s,\"partition\":%d,\"replicas\":%s}", separator,
                          Json(entry.topic).dump(-1, ' ', true, Json::error_handler_t::replace),
                          entry.partition, Json(entry.replicas).dump());
    separator = ",\n";
  }
  return text + "\n]}\n";
}

absl::StatusOr<std::vector<PartitionReplicas>> ReadReassignmentFile(const std::string& path) {
  errno = 0;
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return FileError(path, "open");
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string text;
  std::vector<char> buffer(size_t{1} << 20);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), in.gcount() > 0) {
    text.append(buffer.data(), static_cast<size_t>(in.gcount()));
    if (text.size() > kMaxReassignmentFileBytes) {
      return absl::InvalidArgumentError(
          absl::StrFormat("%s: the file has more than %d MiB; split it", Quote(path),
                          kMaxReassignmentFileBytes >> 20));
    }
  }
  if (in.bad()) return FileError(path, "read");
  absl::StatusOr<std::vector<PartitionReplicas>> partitions = ParseReassignment(text);
  if (partitions.ok()) return partitions;
  return absl::Status(partitions.status().code(),
                      absl::StrFormat("%s: %s", Quote(path), partitions.status().message()));
}

absl::Status WriteReassignmentFile(const std::string& path,
                                   const std::vector<PartitionReplicas>& partitions) {
  errno = 0;
  const std::string unfinished = path + ".tmp";
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  if (!file) return FileError(unfinished, "create");
  file << ReassignmentText(partitions);
  file.close();
  if (!file) return FileError(unfinished, "write");
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) return FileError(path, "replace");
  return absl::OkStatus();
}

}  // namespace quorate::cli
