#include "server/program/config_values.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/quote.h"
#include "base/uuid.h"

namespace quorate::server {
namespace {

absl::StatusOr<int64_t> ParseInteger(const std::string& text, int64_t min, int64_t max) {
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value) || value < min || value > max) {
    return absl::InvalidArgumentError(
        absl::StrFormat("'%s' is not a whole number from %d to %d", Printable(text), min, max));
  }
  return value;
}

}  // namespace

OptionSetter SetText(std::string* target) {
  return [target](const std::string& text) {
    *target = text;
    return absl::OkStatus();
  };
}

OptionSetter SetSwitch(bool* target) {
  return {[target](const std::string& text) -> absl::Status {
            if (text != "true" && text != "false") {
              return absl::InvalidArgumentError(
                  absl::StrFormat("'%s' is neither true nor false", Printable(text)));
            }
            *target = text == "true";
            return absl::OkStatus();
          },
          "true or false"};
}

OptionSetter SetChoice(std::string* target, std::initializer_list<const char*> allowed) {
  const std::vector<std::string> choices(allowed.begin(), allowed.end());
  return {[target, choices](const std::string& text) -> absl::Status {
            if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
              return absl::InvalidArgumentError(absl::StrFormat(
                  "'%s' is not one of %s", Printable(text), absl::StrJoin(choices, ", ")));
            }
            *target = text;
            return absl::OkStatus();
          },
          absl::StrJoin(choices, ", ")};
}

OptionSetter SetInteger(int64_t* target, int64_t min, int64_t max) {
  return {[=](const std::string& text) -> absl::Status {
            ASSIGN_OR_RETURN(*target, ParseInteger(text, min, max));
            return absl::OkStatus();
          },
          absl::StrFormat("a whole number from %d to %d", min, max)};
}

OptionSetter SetInteger(size_t* target, int64_t min, int64_t max) {
  return {[=](const std::string& text) -> absl::Status {
            ASSIGN_OR_RETURN(const int64_t value, ParseInteger(text, min, max));
            *target = static_cast<size_t>(value);
            return absl::OkStatus();
          },
          absl::StrFormat("a whole number from %d to %d", min, max)};
}

OptionSetter SetMilliseconds(Duration* target, int64_t min, int64_t max) {
  return {[=](const std::string& text) -> absl::Status {
            ASSIGN_OR_RETURN(const int64_t value, ParseInteger(text, min, max));
            *target = std::chrono::milliseconds(value);
            return absl::OkStatus();
          },
          absl::StrFormat("a whole number from %d to %d", min, max)};
}

OptionSetter SetListen(std::optional<HostPort>* target) {
  return {[=](const std::string& text) -> absl::Status {
            ASSIGN_OR_RETURN(*target, ParseHostPort(text));
            return absl::OkStatus();
          },
          "HOST:PORT"};
}

OptionSetter SetAdvertised(std::optional<HostPort>* target) {
  return {[=](const std::string& text) -> absl::Status {
            ASSIGN_OR_RETURN(*target, ParseAdvertised(text));
            return absl::OkStatus();
          },
          "HOST:PORT, without a wildcard or port 0"};
}

OptionSetter SetEndpoints(std::vector<HostPort>* target) {
  return {[=](const std::string& text) -> absl::Status {
            std::vector<HostPort> endpoints;
            for (const auto piece : absl::StrSplit(text, ',')) {
              ASSIGN_OR_RETURN(HostPort endpoint, ParseAdvertised({piece.data(), piece.size()}));
              if (std::find(endpoints.begin(), endpoints.end(), endpoint) != endpoints.end()) {
                return absl::InvalidArgumentError(
                    absl::StrFormat("'%s' is listed twice", endpoint.ToString()));
              }
              endpoints.push_back(std::move(endpoint));
            }
            *target = std::move(endpoints);
            return absl::OkStatus();
          },
          "HOST:PORT,HOST:PORT,..."};
}

OptionSetter SetClusterId(std::string* target) {
  return {
      [=](const std::string& text) -> absl::Status {
        const std::optional<Uuid> id = Uuid::Parse(text);
        if (!id || id->is_zero()) {
          return absl::InvalidArgumentError(absl::StrFormat(
              "'%s' is not a cluster id (22 characters of base64url); `quoratectl cluster new-id` "
              "prints a new one",
              Printable(text)));
        }
        *target = text;
        return absl::OkStatus();
      },
      "22 characters of base64url"};
}

}  // namespace quorate::server
