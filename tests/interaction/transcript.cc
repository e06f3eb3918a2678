#include "tests/interaction/transcript.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace quorate {
namespace {

constexpr char kSeparator[] = "----";
constexpr char kRewriteVariable[] = "QUORATE_REWRITE_TRANSCRIPTS";

// Consecutive lines without an empty line between them.
struct Block {
  size_t first_line = 0;  // counted from 1
  std::vector<std::string> lines;
};

std::vector<std::string> ReadLines(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in.is_open()) << "cannot read " << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<Block> SplitBlocks(const std::vector<std::string>& lines) {
  std::vector<Block> blocks;
  bool in_block = false;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) {
      in_block = false;
      continue;
    }
    if (!in_block) blocks.push_back({.first_line = i + 1});
    in_block = true;
    blocks.back().lines.push_back(lines[i]);
  }
  return blocks;
}

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines;
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      lines.push_back(std::exchange(line, ""));
    } else {
      line += c;
    }
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

std::string JoinLines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// Runs one command line and returns its output. If the line cannot be parsed or has unused
// arguments, the output says so.
std::vector<std::string> RunCommand(const std::string& line, const TranscriptHandler& handler) {
  const auto command = TranscriptCommand::Parse(line);
  if (!command) return {"transcript: the quotes of \"" + line + "\" do not match"};
  std::vector<std::string> output = SplitLines(handler(*command));
  for (const std::string& argument : command->Unused()) {
    output.push_back("transcript: \"" + line + "\": nobody knows the argument " + argument);
  }
  return output;
}

}  // namespace

std::optional<TranscriptCommand> TranscriptCommand::Parse(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (const char c : line + " ") {
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any) words.push_back(std::exchange(word, ""));
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (quoted || words.empty()) return std::nullopt;
  TranscriptCommand command;
  command.text_ = line;
  command.name_ = words.front();
  for (size_t i = 1; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    command.arguments_.emplace_back(words[i].substr(0, equals),
                                    equals == std::string::npos ? "" : words[i].substr(equals + 1));
  }
  return command;
}

const std::string* TranscriptCommand::Find(const std::string& key) const {
  for (const auto& [name, value] : arguments_) {
    if (name != key) continue;
    used_.insert(key);
    return &value;
  }
  return nullptr;
}

bool TranscriptCommand::Has(const std::string& key) const { return Find(key) != nullptr; }

std::string TranscriptCommand::Get(const std::string& key, const std::string& fallback) const {
  const std::string* value = Find(key);
  return value == nullptr ? fallback : *value;
}

int64_t TranscriptCommand::GetInt(const std::string& key, int64_t fallback) const {
  const std::string* value = Find(key);
  if (value == nullptr) return fallback;
  char* end = nullptr;
  const int64_t number = std::strtoll(value->c_str(), &end, 10);
  EXPECT_TRUE(!value->empty() && *end == '\0') << text_ << ": " << key << " is no number";
  return number;
}

std::vector<int64_t> TranscriptCommand::GetInts(const std::string& key) const {
  const std::string* value = Find(key);
  std::vector<int64_t> numbers;
  if (value == nullptr || value->empty()) return numbers;
  const char* at = value->c_str();
  for (;;) {
    char* end = nullptr;
    numbers.push_back(std::strtoll(at, &end, 10));
    EXPECT_TRUE(end != at && (*end == ',' || *end == '\0'))
        << text_ << ": " << key << " is no list of numbers";
    if (end == at || *end != ',') return numbers;
    at = end + 1;
  }
}

int64_t TranscriptCommand::GetMs(const std::string& key) const {
  const std::string value = Get(key);
  char* end = nullptr;
  const int64_t number = std::strtoll(value.c_str(), &end, 10);
  const std::string unit = end;
  EXPECT_TRUE(!value.empty() && (unit == "ms" || unit == "s"))
      << text_ << ": " << key << " is no time like 500ms or 2s";
  return unit == "s" ? number * 1'000 : number;
}

std::vector<std::string> TranscriptCommand::Unused() const {
  std::vector<std::string> unused;
  for (const auto& [name, value] : arguments_) {
    if (!used_.contains(name)) unused.push_back(name);
  }
  return unused;
}

void RunTranscript(const std::string& path, const TranscriptHandler& handler) {
  const bool rewrite = std::getenv(kRewriteVariable) != nullptr;
  std::string rewritten;
  for (const Block& block : SplitBlocks(ReadLines(path))) {
    if (!rewritten.empty()) rewritten += "\n";
    const auto separator = std::find(block.lines.begin(), block.lines.end(), kSeparator);
    if (separator == block.lines.end()) {
      rewritten += JoinLines(block.lines);
      continue;
    }
    const std::vector<std::string> commands(block.lines.begin(), separator);
    const std::vector<std::string> expected(separator + 1, block.lines.end());
    std::vector<std::string> actual;
    for (const std::string& command : commands) {
      for (std::string& line : RunCommand(command, handler)) actual.push_back(std::move(line));
    }
    rewritten += JoinLines(commands) + kSeparator + "\n" + JoinLines(actual);
    if (!rewrite && actual != expected) {
      ADD_FAILURE_AT(path.c_str(), static_cast<int>(block.first_line))
          << JoinLines(commands) << "expected:\n"
          << JoinLines(expected) << "actual:\n"
          << JoinLines(actual) << "(" << kRewriteVariable << "=1 writes it into the file)";
    }
  }
  if (rewrite) std::ofstream(path) << rewritten;
}

std::vector<std::string> TranscriptsIn(const std::string& directory) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string TranscriptName(const std::string& path) {
  return std::filesystem::path(path).stem().string();
}

}  // namespace quorate
