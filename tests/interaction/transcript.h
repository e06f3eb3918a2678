// Transcripts: tests that read as stories. A text file alternates between prose, commands and what
// they answered; the runner runs the commands and compares the answers.
//
//     Prose: any paragraph that no "----" follows. It says what happens and why.
//
//     create topic=orders partitions=3
//     commit
//     ----
//     orders: created
//
// The paragraph right above "----" is commands, one a line: a name, then KEY=VALUE or plain words;
// a value with blanks stands in double quotes. What follows, up to the next empty line, is their
// output together. With QUORATE_REWRITE_TRANSCRIPTS=1 in the environment the runner writes the
// actual output into the file instead: read the diff before you commit it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace quorate {

class TranscriptCommand {
 public:
  // Parses one line. Nothing: its quotes do not match, or it is empty.
  static std::optional<TranscriptCommand> Parse(const std::string& line);

  const std::string& name() const { return name_; }
  // The line as it stands.
  const std::string& text() const { return text_; }

  // Whether KEY or KEY=VALUE is given.
  bool Has(const std::string& key) const;
  // The value of KEY=VALUE, or `fallback`.
  std::string Get(const std::string& key, const std::string& fallback = "") const;
  // The same as a number. A test that gives something else fails.
  int64_t GetInt(const std::string& key, int64_t fallback = 0) const;
  // A list: KEY=1,2,3. Empty if it is not given.
  std::vector<int64_t> GetInts(const std::string& key) const;
  // "500ms" or "2s" in milliseconds.
  int64_t GetMs(const std::string& key) const;

  // Arguments that nobody has asked for: mistakes in the transcript.
  std::vector<std::string> Unused() const;

 private:
  const std::string* Find(const std::string& key) const;

  std::string text_;
  std::string name_;
  // KEY without a value has an empty one.
  std::vector<std::pair<std::string, std::string>> arguments_;
  mutable std::set<std::string> used_;
};

// Runs a command and returns its output: lines, none of them empty.
using TranscriptHandler = std::function<std::string(const TranscriptCommand&)>;

// Runs the file; every difference is a failure of the current test, at its line.
void RunTranscript(const std::string& path, const TranscriptHandler& handler);

// The transcripts (*.txt) in `directory`, by name; for INSTANTIATE_TEST_SUITE_P.
std::vector<std::string> TranscriptsIn(const std::string& directory);

// "testdata/a_story.txt" -> "a_story".
std::string TranscriptName(const std::string& path);

}  // namespace quorate
