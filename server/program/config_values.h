// Setters for the types of option values. Each setter parses and checks a text, and writes its
// target only if the text is valid. The target must outlive the setter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/host_port.h"
#include "server/program/config.h"

namespace quorate::server {

OptionSetter SetText(std::string* target);
// Accepts "true" or "false".
OptionSetter SetSwitch(bool* target);
// Accepts one of `allowed`.
OptionSetter SetChoice(std::string* target, std::initializer_list<const char*> allowed);
// Accepts an integer from `min` to `max`, both inclusive.
OptionSetter SetInteger(int64_t* target, int64_t min, int64_t max);
// The same. REQUIRES: `min` is not negative.
OptionSetter SetInteger(size_t* target, int64_t min, int64_t max);
// Accepts a whole number of milliseconds from `min` to `max`, both inclusive.
OptionSetter SetMilliseconds(Duration* target, int64_t min, int64_t max);
// Accepts an address to listen on: port 0 and wildcard hosts are allowed.
OptionSetter SetListen(std::optional<HostPort>* target);
// Accepts an address that others dial: port 0 and wildcard hosts are not allowed.
OptionSetter SetAdvertised(std::optional<HostPort>* target);
// Accepts HOST:PORT,HOST:PORT,…: at least one endpoint, and no endpoint twice.
OptionSetter SetEndpoints(std::vector<HostPort>* target);
// Accepts 22 characters of base64url that are not the zero id. The error names the command that
// makes a new id.
OptionSetter SetClusterId(std::string* target);

}  // namespace quorate::server
