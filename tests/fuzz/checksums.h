// Repairs the checksums of inputs. Without this, a fuzzer would not get past them: nearly every
// change of an input damages its checksum, and the parser would refuse it at once.
#pragma once

#include <string>

namespace quorate::fuzz {

// Repairs a value that begins with the XXH3 of the rest in eight bytes, as entries and the values
// of the log do. Returns a shorter value as it is.
std::string WithChecksum(std::string value);

// Repairs an entry of the log: its length and its checksum.
std::string WithEntryChecksum(std::string entry);

// Repairs a text that ends with a line "checksum=" and the XXH3 of the text before it. Adds the
// line if it is missing.
std::string WithChecksumLine(std::string text);

// Repairs a snapshot file: the length of the last frame, the checksum of each frame and of the
// value in the header, and the hash of the file in footers.
std::string WithFrameChecksums(std::string file);

}  // namespace quorate::fuzz
