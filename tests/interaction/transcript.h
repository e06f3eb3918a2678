// Transcripts: tests that read as stories. A text file alternates between prose, commands and their
// expected output. The runner runs the commands and compares the output.
//
//     Prose: any paragraph that is not followed by "----". It says what happens and why.
//
//     create topic=orders partitions=3
//     commit
//     ----
//     orders: created
//
// The paragraph directly above "----" contains commands, one per line: a name, then arguments of
// the form KEY=VALUE or KEY. A value with spaces is in double quotes. The lines after "----", up to
// the next empty line, are the output of all these commands. If QUORATE_REWRITE_TRANSCRIPTS=1 is
// set in the environment, the runner writes the actual output to the file instead of comparing it.
// Read the diff before you commit it.
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
  // Parses one line. Returns nullopt if it is empty or a quote is not closed.
  static std::optional<TranscriptCommand> Parse(const std::string& line);

  const std::string& name() const { return name_; }
  // The unparsed line.
  const std::string& text() const { return text_; }

  // Returns whether KEY or KEY=VALUE is given.
  bool Has(const std::string& key) const;
  // Returns the value of KEY=VALUE, or `fallback` if it is not given.
  std::string Get(const std::string& key, const std::string& fallback = "") const;
  // Returns the value as a number. The current test fails if it is not a number.
  int64_t GetInt(const std::string& key, int64_t fallback = 0) const;
  // Returns the numbers of KEY=1,2,3. Empty if it is not given.
  std::vector<int64_t> GetInts(const std::string& key) const;
  // Returns a duration such as "500ms" or "2s" in milliseconds.
  int64_t GetMs(const std::string& key) const;

  // Returns the arguments that the handler has not read. They are mistakes in the transcript.
  std::vector<std::string> Unused() const;

 private:
  const std::string* Find(const std::string& key) const;

  std::string text_;
  std::string name_;
  // A KEY without a value has an empty value.
  std::vector<std::pair<std::string, std::string>> arguments_;
  mutable std::set<std::string> used_;
};

// Runs a command and returns its output as lines, none of which is empty.
using TranscriptHandler = std::function<std::string(const TranscriptCommand&)>;

// Runs the file. Every difference is reported as a failure of the current test, with its line.
void RunTranscript(const std::string& path, const TranscriptHandler& handler);

// Returns the transcripts (*.txt) in `directory`, sorted by name, for INSTANTIATE_TEST_SUITE_P.
std::vector<std::string> TranscriptsIn(const std::string& directory);

// Returns "a_story" for "testdata/a_story.txt".
std::string TranscriptName(const std::string& path);

}  // namespace quorate
