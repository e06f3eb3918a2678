#include "tests/properties/shared_text.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace quorate::properties {

SharedText::SharedText()
    : bytes_(static_cast<char*>(
          mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
  PCHECK(bytes_ != MAP_FAILED);
}

SharedText::~SharedText() { munmap(bytes_, kBytes); }

void SharedText::AddLine(std::string_view line) {
  const size_t size = std::min(line.size(), kBytes - 2 - size_);
  if (size == 0) return;
  std::memcpy(bytes_ + size_, line.data(), size);
  bytes_[size_ + size] = '\n';
  size_ += size + 1;
}

}  // namespace quorate::properties
