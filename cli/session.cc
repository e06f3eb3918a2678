#include "cli/session.h"

#include <algorithm>
#include <chrono>
#include <ostream>
#include <utility>

#include "absl/strings/str_format.h"

namespace quorate::cli {
namespace {

constexpr Duration kProbeTimeout = std::chrono::seconds(3);

std::string Remedy(client::FailureKind kind, const std::string& request_id) {
  switch (kind) {
    case client::FailureKind::kRefused:
      return "";
    case client::FailureKind::kUnreachable:
      return "\nName running controllers with --bootstrap HOST:PORT,... or increase --timeout.";
    case client::FailureKind::kUnknown:
      if (request_id.empty()) return "";
      return "\nTo learn the outcome safely, repeat the same command with --request-id " +
             request_id + ".";
  }
  return "";
}

ExitCode CodeFor(client::FailureKind kind) {
  switch (kind) {
    case client::FailureKind::kRefused:
      return ExitCode::kRefused;
    case client::FailureKind::kUnreachable:
      return ExitCode::kUnreachable;
    case client::FailureKind::kUnknown:
      return ExitCode::kUnknown;
  }
  return ExitCode::kUnknown;
}

}  // namespace

Duration ProbeTimeout(const Settings& settings) {
  return std::min(settings.timeout, kProbeTimeout);
}

Session::Session(Settings settings, std::ostream* out, std::ostream* err)
    : settings_(std::move(settings)), out_(out), err_(err) {}

client::CallerOptions Session::caller_options() const {
  return {.endpoints = settings_.bootstrap, .tls = tls(), .timeout = settings_.timeout};
}

void Session::Say(const std::string& line) {
  if (!json()) *out_ << line << "\n";
}

void Session::Complain(const std::string& message) { *err_ << "quoratectl: " << message << "\n"; }

ExitCode Session::Fail(const client::CallFailure& failure, const std::string& request_id) {
  if (json()) {
    *err_ << JsonText(ToJson(failure, request_id));
  } else {
    Complain(failure.ToString() + Remedy(failure.kind, request_id));
  }
  return CodeFor(failure.kind);
}

ExitCode Session::Fail(const absl::Status& status) {
  if (json()) {
    *err_ << JsonText(ToJson(status));
  } else {
    Complain(std::string(status.message()));
  }
  return ExitCode::kRefused;
}

ExitCode Session::FailItem(const std::string& item, const common::v1::Error& error) {
  if (!json()) {
    Complain(absl::StrFormat("%s: %s: %s", item, common::v1::ErrorCode_Name(error.code()),
                             error.message()));
  }
  return error.outcome() == common::v1::UNKNOWN ? ExitCode::kUnknown : ExitCode::kRefused;
}

ExitCode Session::RefuseUsage(const std::string& message) {
  usage_error_ = message;
  return ExitCode::kUsage;
}

}  // namespace quorate::cli
