// ShardedMap is a persistent map. Copying it copies one pointer, and each change to a copy replaces
// only one path of nodes; the rest stays shared with the original. Two levels of 32 pointers lead
// to 1,024 shards, each a sorted array.
//
// It is not a tree of single entries, because flat arrays keep memory close to the size of the
// entries, and because two maps can be compared by comparing pointers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "metadata/copy_on_write.h"

namespace quorate::metadata {

// `Traits` has
//   Entry                        copied with its shard, so it is small or a pointer
//   Key                          ordered by <
//   Key KeyOf(const Entry&)      unique in the map
//   size_t ShardOf(const Key&)   below kShards, and a function of the content only
// Entries are visited in the order of (shard, key), which depends only on the content.
// Thread-compatible; different threads may use copies of one map at the same time.
template <typename Traits>
class ShardedMap {
 public:
  using Entry = typename Traits::Entry;
  using Key = typename Traits::Key;
  static constexpr size_t kFanout = 32;
  static constexpr size_t kShards = kFanout * kFanout;

  size_t size() const { return size_; }

  // Returns null if there is no such entry. The pointer is valid until the map changes.
  const Entry* Find(const Key& key) const {
    const Shard* shard = ShardAt(Traits::ShardOf(key));
    if (shard == nullptr) return nullptr;
    const auto it = LowerBound(*shard, key);
    return it != shard->end() && !(key < Traits::KeyOf(*it)) ? &*it : nullptr;
  }

  // Calls `fn` for the entries in the shard of `key` that are not below `key`, until `fn` returns
  // false.
  template <typename Fn>
  void ScanFrom(const Key& key, Fn fn) const {
    const Shard* shard = ShardAt(Traits::ShardOf(key));
    if (shard == nullptr) return;
    for (auto it = LowerBound(*shard, key); it != shard->end(); ++it) {
      if (!fn(*it)) return;
    }
  }

  template <typename Fn>
  void ForEach(Fn fn) const {
    for (size_t i = 0; i < kShards; ++i) {
      const Shard* shard = ShardAt(i);
      if (shard == nullptr) continue;
      for (const Entry& entry : *shard) fn(entry);
    }
  }

  // Calls `fn` for the entries from `key` on, in the order of ForEach, until `fn` returns false.
  template <typename Fn>
  void ForEachFrom(const Key& key, Fn fn) const {
    const size_t first = Traits::ShardOf(key);
    for (size_t i = first; i < kShards; ++i) {
      const Shard* shard = ShardAt(i);
      if (shard == nullptr) continue;
      for (auto it = i == first ? LowerBound(*shard, key) : shard->begin(); it != shard->end();
           ++it) {
        if (!fn(*it)) return;
      }
    }
  }

  // Calls fn(before, now) for each key whose entries differ (by ==); one of them is null if only
  // the other map has the key.
  template <typename Fn>
  void ForEachChange(const ShardedMap& before, Fn fn) const {
    if (root_ == before.root_) return;
    for (size_t group = 0; group < kFanout; ++group) {
      if (GroupAt(group) == before.GroupAt(group)) continue;
      for (size_t i = group * kFanout; i < (group + 1) * kFanout; ++i) {
        DiffShards(before.ShardAt(i), ShardAt(i), fn);
      }
    }
  }

  // Does the same for the keys of one shard.
  template <typename Fn>
  void ForEachChangeIn(size_t shard, const ShardedMap& before, Fn fn) const {
    DiffShards(before.ShardAt(shard), ShardAt(shard), fn);
  }

  // Adds the entry, or replaces the one with its key.
  void Put(Entry entry) {
    const Key key = Traits::KeyOf(entry);
    Shard& shard = OwnShard(Traits::ShardOf(key));
    const auto it = LowerBound(shard, key);
    if (it != shard.end() && !(key < Traits::KeyOf(*it))) {
      *it = std::move(entry);
      return;
    }
    shard.insert(it, std::move(entry));
    ++size_;
  }

  // Returns the entry, which may be changed in place; its key must not change. REQUIRES: the entry
  // exists.
  Entry& Mutable(const Key& key) {
    Shard& shard = OwnShard(Traits::ShardOf(key));
    const auto it = LowerBound(shard, key);
    CHECK(it != shard.end() && !(key < Traits::KeyOf(*it)));
    return *it;
  }

  // REQUIRES: the entry exists.
  void Erase(const Key& key) {
    Shard& shard = OwnShard(Traits::ShardOf(key));
    const auto it = LowerBound(shard, key);
    CHECK(it != shard.end() && !(key < Traits::KeyOf(*it)));
    shard.erase(it);
    --size_;
  }

 private:
  using Shard = std::vector<Entry>;
  using Group = std::array<std::shared_ptr<const Shard>, kFanout>;
  using Root = std::array<std::shared_ptr<const Group>, kFanout>;

  template <typename AnyShard>
  static auto LowerBound(AnyShard& shard, const Key& key) {
    return std::lower_bound(
        shard.begin(), shard.end(), key,
        [](const Entry& entry, const Key& wanted) { return Traits::KeyOf(entry) < wanted; });
  }

  template <typename Fn>
  static void DiffShards(const Shard* before, const Shard* now, Fn fn) {
    if (before == now) return;
    static const Shard& none = *new Shard();
    const Shard& a = before == nullptr ? none : *before;
    const Shard& b = now == nullptr ? none : *now;
    auto old_it = a.begin();
    auto new_it = b.begin();
    while (old_it != a.end() || new_it != b.end()) {
      if (new_it == b.end() ||
          (old_it != a.end() && Traits::KeyOf(*old_it) < Traits::KeyOf(*new_it))) {
        fn(&*old_it++, nullptr);
      } else if (old_it == a.end() || Traits::KeyOf(*new_it) < Traits::KeyOf(*old_it)) {
        fn(nullptr, &*new_it++);
      } else {
        if (!(*old_it == *new_it)) fn(&*old_it, &*new_it);
        ++old_it;
        ++new_it;
      }
    }
  }

  const Group* GroupAt(size_t group) const {
    return root_ == nullptr ? nullptr : (*root_)[group].get();
  }
  const Shard* ShardAt(size_t shard) const {
    const Group* group = GroupAt(shard / kFanout);
    return group == nullptr ? nullptr : (*group)[shard % kFanout].get();
  }
  Shard& OwnShard(size_t shard) { return Own(Own(Own(root_)[shard / kFanout])[shard % kFanout]); }

  std::shared_ptr<const Root> root_;
  size_t size_ = 0;
};

}  // namespace quorate::metadata
