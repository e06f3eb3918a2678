// SnapshotSections collects the parts of a snapshot, of which each family adds its own, and makes
// their records one after the other. Internal to metadata/.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// Not thread-safe.
class SnapshotSections {
 public:
  // Adds a section with one record for each of `items`. When it is the item's turn,
  // fill(item, v1::Record*) makes the record. Items are therefore small, such as pointers into the
  // image.
  template <typename Item, typename Fill>
  void Add(std::vector<Item> items, Fill fill) {
    sections_.emplace_back(
        [items = std::move(items), next = size_t{0}, fill](v1::RecordBatch* batch) mutable {
          if (next == items.size()) return false;
          fill(items[next++], batch->add_records());
          return true;
        });
  }

  // Adds a section with these records. Only for a few records, because all exist at once.
  void AddRecords(std::vector<v1::Record> records) {
    Add(std::move(records), [](v1::Record& from, v1::Record* record) { *record = from; });
  }

  // Adds the next record to the batch. Returns false if there are no more.
  bool Next(v1::RecordBatch* batch) {
    while (!sections_.empty() && !sections_.front()(batch)) sections_.pop_front();
    return !sections_.empty();
  }

 private:
  // Each adds its next record to the batch, or returns false if it has no more.
  std::deque<absl::AnyInvocable<bool(v1::RecordBatch* batch)>> sections_;
};

}  // namespace quorate::metadata
