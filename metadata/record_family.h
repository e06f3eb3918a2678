// What a record family is: one part of the metadata, such as the topics or the configs, together
// with the kinds of record that change it.
//
// A family is one class. Its objects hold the family's part of an image; its member functions
// replay the family's records and write its part of a snapshot, of the state hash and of the texts.
// families/families.h lists the families. Replay, snapshots, the hash and the texts go through that
// list, so a new family changes none of them. A family that lacks one of the functions below does
// not compile (CheckFamily). docs/ARCHITECTURE.md describes how to add a family.
//
//   class QuotasImage {
//    public:
//     // The kinds of record. No two families have the same kind.
//     using Kinds = RecordKinds<RecordKind<v1::Record::kQuota, &v1::Record::quota>>;
//
//     // Applies a record. Errors are those of record_replay.h; after an error the object is not
//     // used again.
//     absl::Status Replay(const v1::QuotaRecord& record, const ReplayContext& context);
//     // Writes a record as one line. Of a list, it writes at most `max_items` items.
//     static std::string TextOf(const v1::QuotaRecord& record, size_t max_items);
//     // Optional: returns how many offsets a record takes (CountRecords in replay.h). The default
//     // is 1.
//     static int32_t OffsetsOf(const v1::QuotaRecord& record);
//
//     // Adds the records that make this part of an image again, in an order that depends only on
//     // the content. The sections may hold pointers into this object, which outlives them.
//     void AddToSnapshot(SnapshotSections& sections) const;
//     // Adds the content to the state hash. A family that is newer than metadata version 1 adds
//     // nothing if it is empty, because older programs at the same version do not know it. A
//     family
//     // that may have many thousands of items has AddToHash(HashSections& sections) instead, so
//     // that they are hashed in slices. The sections may hold pointers into this object.
//     void AddToHash(ContentHasher& hasher) const;
//     // Appends the content, one item per line.
//     void AddToText(std::string& text) const;
//   };
//
// Copying the object is cheap: copies share their nodes (copy_on_write.h, sharded_map.h).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "base/ids.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

class ContentHasher;
class HashSections;
class ImageBuilder;
class MetadataImage;
class SnapshotSections;

// Where a kind of record may occur.
struct Occurrence {
  bool in_log = true;
  bool in_snapshots = true;
  // The lowest metadata version at which it may occur.
  uint32_t since_version = 1;
};

// One kind of record: its number in v1::Record and the function that returns its message.
template <v1::Record::KindCase kind_case, auto message_of, Occurrence occurrence = Occurrence()>
struct RecordKind {
  static constexpr v1::Record::KindCase kCase = kind_case;
  static constexpr Occurrence kOccurrence = occurrence;
  using Message = std::remove_cvref_t<decltype((std::declval<const v1::Record&>().*message_of)())>;

  static const Message& MessageOf(const v1::Record& record) { return (record.*message_of)(); }
};

template <typename... Kinds>
struct RecordKinds {};

// What Replay knows besides the record and its own family.
struct ReplayContext {
  // The image with all records before this one. In a snapshot, its position is already that of the
  // snapshot.
  const MetadataImage& image;
  // The record's own offset in the log; nullopt if the record is in a snapshot.
  std::optional<RecordOffset> offset;
  // Gives access to other families that the record changes too.
  ImageBuilder& builder;
};

template <typename Family, typename Kind>
concept ReplaysKind = requires(Family& family, const typename Kind::Message& record,
                               const ReplayContext& context) {
  { family.Replay(record, context) } -> std::same_as<absl::Status>;
};

template <typename Family, typename Kind>
concept WritesTextOfKind = requires(const typename Kind::Message& record, size_t max_items) {
  { Family::TextOf(record, max_items) } -> std::same_as<std::string>;
};

template <typename Family>
concept HasKinds = requires {
  typename Family::Kinds;
};

template <typename Family>
concept WritesSnapshot = requires(const Family& family, SnapshotSections& sections) {
  family.AddToSnapshot(sections);
};

template <typename Family>
concept WritesHashInSlices = requires(const Family& family, HashSections& sections) {
  family.AddToHash(sections);
};

template <typename Family>
concept WritesHash = WritesHashInSlices<Family> ||
    requires(const Family& family, ContentHasher& hasher) {
  family.AddToHash(hasher);
};

template <typename Family>
concept WritesText = requires(const Family& family, std::string& text) {
  family.AddToText(text);
};

template <typename Family, typename... Kinds>
consteval bool CheckKinds(RecordKinds<Kinds...>) {
  static_assert((ReplaysKind<Family, Kinds> && ...),
                "a record family needs `absl::Status Replay(const v1::…Record&, const "
                "ReplayContext&)` for each of its kinds");
  static_assert((WritesTextOfKind<Family, Kinds> && ...),
                "a record family needs `static std::string TextOf(const v1::…Record&, size_t "
                "max_items)` for each of its kinds");
  return true;
}

// Compiles only if the class has everything that a family needs.
template <typename Family>
consteval bool CheckFamily() {
  static_assert(std::default_initializable<Family> && std::copyable<Family>,
                "a record family is a value: images copy it");
  static_assert(HasKinds<Family>, "a record family needs `using Kinds = RecordKinds<…>`");
  static_assert(WritesSnapshot<Family>,
                "a record family needs `void AddToSnapshot(SnapshotSections&) const`");
  static_assert(WritesHash<Family>, "a record family needs `void AddToHash(ContentHasher&) const`");
  static_assert(WritesText<Family>, "a record family needs `void AddToText(std::string&) const`");
  return CheckKinds<Family>(typename Family::Kinds());
}

// A list of families. An image holds one object of each (image_state.h).
template <typename... Images>
struct FamilyList {
  static_assert((CheckFamily<Images>() && ...));
  using Tuple = std::tuple<Images...>;
};

}  // namespace quorate::metadata
