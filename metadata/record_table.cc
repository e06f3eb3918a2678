#include "metadata/record_table.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "metadata/image_state.h"

namespace quorate::metadata {
namespace {

template <typename Family, typename Kind>
consteval RecordRow MakeRow() {
  return {
      .occurrence = Kind::kOccurrence,
      .replay =
          [](const v1::Record& record, const ReplayContext& context) {
            return context.builder.Mutable<Family>().Replay(Kind::MessageOf(record), context);
          },
      .text_of =
          [](const v1::Record& record, size_t max_items) {
            return Family::TextOf(Kind::MessageOf(record), max_items);
          },
      .offsets_of = [](const v1::Record& record) -> int32_t {
        if constexpr (requires { Family::OffsetsOf(Kind::MessageOf(record)); }) {
          return Family::OffsetsOf(Kind::MessageOf(record));
        } else {
          return 1;
        }
      },
  };
}

// Calls fn.operator()<Family, Kind>() for each kind of each family.
template <typename Fn, typename Family, typename... Kinds>
consteval void ForEachKindOf(Fn& fn, RecordKinds<Kinds...>) {
  (fn.template operator()<Family, Kinds>(), ...);
}

template <typename Fn, typename... AllFamilies>
consteval void ForEachKind(Fn fn, FamilyList<AllFamilies...>) {
  (ForEachKindOf<Fn, AllFamilies>(fn, typename AllFamilies::Kinds()), ...);
}

consteval size_t TableSize() {
  size_t size = 0;
  ForEachKind(
      [&size]<typename Family, typename Kind>() {
        size = std::max(size, static_cast<size_t>(Kind::kCase) + 1);
      },
      Families());
  return size;
}

consteval bool KindsAreDistinct() {
  std::array<int, TableSize()> families = {};
  ForEachKind([&families]<typename Family, typename Kind>() { ++families[Kind::kCase]; },
              Families());
  return std::all_of(families.begin(), families.end(), [](int count) { return count <= 1; });
}
static_assert(KindsAreDistinct(), "two families have the same kind of record");

consteval std::array<RecordRow, TableSize()> MakeTable() {
  std::array<RecordRow, TableSize()> table;
  ForEachKind(
      [&table]<typename Family, typename Kind>() { table[Kind::kCase] = MakeRow<Family, Kind>(); },
      Families());
  return table;
}

constexpr std::array<RecordRow, TableSize()> kTable = MakeTable();

}  // namespace

const RecordRow* FindRow(v1::Record::KindCase kind) {
  const auto index = static_cast<size_t>(kind);
  return index < kTable.size() && kTable[index].replay != nullptr ? &kTable[index] : nullptr;
}

}  // namespace quorate::metadata
