// The kinds of values that options have: each setter parses and checks a text and writes its target
// only if it is good. Targets must outlive the setter.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/host_port.h"
#include "server/config.h"

namespace quorate::server {

OptionSetter SetText(std::string* target);
// "true" or "false".
OptionSetter SetSwitch(bool* target);
// One of `allowed`.
OptionSetter SetChoice(std::string* target, std::initializer_list<const char*> allowed);
// min and max inclusive.
OptionSetter SetInteger(int64_t* target, int64_t min, int64_t max);
// A whole number of milliseconds, min and max inclusive.
OptionSetter SetMilliseconds(Duration* target, int64_t min, int64_t max);
// Where to listen: port 0 and wildcards are fine.
OptionSetter SetListen(std::optional<HostPort>* target);
// What others are told: neither port 0 nor a wildcard.
OptionSetter SetAdvertised(std::optional<HostPort>* target);
// HOST:PORT,HOST:PORT,…: at least one, none twice.
OptionSetter SetEndpoints(std::vector<HostPort>* target);
// 22 characters of base64url, not all zero; the remedy names the command that makes one.
OptionSetter SetClusterId(std::string* target);

}  // namespace quorate::server
