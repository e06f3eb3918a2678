// Makes the first inputs of each fuzzer with the encoders of the project, so that a fuzzer begins
// with valid inputs.
#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "base/byte_order.h"
#include "base/check.h"

namespace quorate::fuzz {

// Writes inputs as DIRECTORY/TARGET/seed-NUMBER.
class CorpusWriter {
 public:
  explicit CorpusWriter(std::filesystem::path directory) : directory_(std::move(directory)) {}

  void Add(const std::string& target, const std::string& input) {
    const std::filesystem::path folder = directory_ / target;
    std::filesystem::create_directories(folder);
    std::ofstream file(folder / absl::StrFormat("seed-%02d", ++written_[target]), std::ios::binary);
    file << input;
    CHECK(file.flush().good()) << "cannot write below " << folder;
  }
  void Add(const std::string& target, const google::protobuf::Message& input) {
    Add(target, input.SerializeAsString());
  }

 private:
  const std::filesystem::path directory_;
  std::map<std::string, int> written_;
};

// Returns the text preceded by its length, as FuzzInput::TakeText reads it.
inline std::string WithLength(std::string_view text) {
  CHECK_LE(text.size(), 65'535u);
  std::string bytes;
  AppendLittleEndian(bytes, static_cast<uint16_t>(text.size()));
  return bytes.append(text);
}

// Returns the message in protobuf's text format.
template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  CHECK(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// Inputs of the targets that read what storage/ and raft/ write.
void AddStorageInputs(CorpusWriter& corpus);
// Inputs of the targets that read metadata: logs, snapshots and subscriptions.
void AddMetadataInputs(CorpusWriter& corpus);
// Inputs of the targets that read messages of peers, clients and brokers.
void AddMessageInputs(CorpusWriter& corpus);
// Inputs of the target that reads certificates.
void AddCertificateInputs(CorpusWriter& corpus);
// Inputs of the targets that read text.
void AddTextInputs(CorpusWriter& corpus);

}  // namespace quorate::fuzz
