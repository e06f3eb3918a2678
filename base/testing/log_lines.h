// Collects the log lines that are written while a test looks.
#pragma once

#include <string>
#include <vector>

#include "base/check.h"

namespace quorate {

// Collects from its construction to its destruction. The test must log on one thread only.
class LogLines final : public google::LogSink {
 public:
  LogLines() { google::AddLogSink(this); }
  ~LogLines() override { google::RemoveLogSink(this); }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  void send(google::LogSeverity /*severity*/, const char* /*full_filename*/,
            const char* /*base_filename*/, int /*line*/, const google::LogMessageTime& /*time*/,
            const char* message, size_t size) override {
    lines.emplace_back(message, size);
  }

  std::vector<std::string> lines;
};

}  // namespace quorate
