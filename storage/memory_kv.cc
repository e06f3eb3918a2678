#include "storage/memory_kv.h"

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::storage {

void MemoryKv::Put(const KvPut& put) {
  const auto [it, is_new] = values_.try_emplace(Key(put.family, put.key));
  undo_.emplace_back(it->first, is_new ? std::nullopt : std::optional(std::move(it->second)));
  it->second = put.value;
}

absl::Status MemoryKv::WriteBatch(uint64_t write_id, const std::vector<KvPut>& puts, bool sync) {
  MutexLock lock(&mutex_);
  if (failing_ && *failing_ == FailedWrite::kLost) {
    return absl::InternalError(absl::StrFormat("write %d failed, as the test requested", write_id));
  }
  for (const KvPut& put : puts) Put(put);
  ++write_count_;
  if (sync) {
    undo_.clear();
    ++sync_count_;
  }
  if (failing_) {
    return absl::InternalError(
        absl::StrFormat("write %d failed after it took effect, as the test requested", write_id));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> MemoryKv::Get(KvFamily family,
                                                         std::string_view key) const {
  MutexLock lock(&mutex_);
  const Key full_key(family, key);
  if (unreadable_.contains(full_key))
    return absl::DataLossError("unreadable, as the test requested");
  const auto it = values_.find(full_key);
  if (it == values_.end()) return std::optional<std::string>();
  return std::optional(it->second);
}

absl::StatusOr<std::vector<std::optional<std::string>>> MemoryKv::MultiGet(
    KvFamily family, const std::vector<std::string>& keys) const {
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  for (const std::string& key : keys) {
    ASSIGN_OR_RETURN(std::optional<std::string> value, Get(family, key));
    values.push_back(std::move(value));
  }
  return values;
}

absl::Status MemoryKv::DropPrefix(KvFamily family, std::string_view end) {
  MutexLock lock(&mutex_);
  if (failing_) return absl::InternalError("cannot drop a prefix, as the test requested");
  const auto first = values_.lower_bound(Key(family, ""));
  const auto last = values_.lower_bound(Key(family, end));
  for (auto it = first; it != last; ++it) undo_.emplace_back(it->first, std::move(it->second));
  values_.erase(first, last);
  return absl::OkStatus();
}

void MemoryKv::Crash() {
  MutexLock lock(&mutex_);
  for (; !undo_.empty(); undo_.pop_back()) {
    auto& [key, value] = undo_.back();
    if (value) {
      values_[key] = *std::move(value);
    } else {
      values_.erase(key);
    }
  }
  failing_.reset();
}

void MemoryKv::FailWrites(FailedWrite left_behind) {
  MutexLock lock(&mutex_);
  failing_ = left_behind;
}

void MemoryKv::FailReads(KvFamily family, std::string_view key) {
  MutexLock lock(&mutex_);
  unreadable_.emplace(family, key);
}

void MemoryKv::FlipBit(KvFamily family, std::string_view key, size_t bit) {
  MutexLock lock(&mutex_);
  const auto it = values_.find(Key(family, key));
  CHECK(it != values_.end() && bit / 8 < it->second.size());
  it->second[bit / 8] = static_cast<char>(it->second[bit / 8] ^ (1 << (bit % 8)));
}

void MemoryKv::Erase(KvFamily family, std::string_view key) {
  MutexLock lock(&mutex_);
  CHECK_EQ(values_.erase(Key(family, key)), 1u);
}

void MemoryKv::Misdirect(KvFamily family, std::string_view from, std::string_view to) {
  MutexLock lock(&mutex_);
  const auto it = values_.find(Key(family, from));
  CHECK(it != values_.end() && values_.contains(Key(family, to)));
  values_[Key(family, to)] = std::move(it->second);
  values_.erase(it);
}

std::vector<std::string> MemoryKv::Keys(KvFamily family) const {
  MutexLock lock(&mutex_);
  std::vector<std::string> keys;
  for (auto it = values_.lower_bound(Key(family, "")); it != values_.end(); ++it) {
    if (it->first.first != family) break;
    keys.push_back(it->first.second);
  }
  return keys;
}

size_t MemoryKv::write_count() const {
  MutexLock lock(&mutex_);
  return write_count_;
}

size_t MemoryKv::sync_count() const {
  MutexLock lock(&mutex_);
  return sync_count_;
}

}  // namespace quorate::storage
