// Tells libFuzzer how to change an input that is a message: by fields. Changes of bytes would
// mostly break the lengths of messages inside messages, and so never get past protobuf's own
// parser.
//
// Three of four changes are made here: a value is set, cleared, copied from another field of its
// type, or moved to an edge of its range, and elements are added, repeated, swapped and removed.
// The other changes are libFuzzer's own, on the bytes.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "tests/fuzz/proto_input.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace quorate::fuzz {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// A field of a message, or one element of a repeated field.
struct Place {
  Message* message = nullptr;
  const FieldDescriptor* field = nullptr;
  // -1: the field as a whole.
  int index = -1;
};

class Mutator {
 public:
  Mutator(Message* root, unsigned seed) : root_(root), random_(seed) {}

  void ChangeOnePlace() {
    std::vector<Place> places;
    AddPlaces(root_, &places);
    Change(places[Below(places.size())]);
  }

 private:
  size_t Below(size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random_);
  }
  bool OneIn(size_t n) { return Below(n) == 0; }

  // Adds every field of the message and of the messages inside it. Fields that are not set count
  // too.
  static void AddPlaces(Message* message, std::vector<Place>* places) {
    const Reflection& reflection = *message->GetReflection();
    const Descriptor& type = *message->GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* field = type.field(i);
      places->push_back({message, field, -1});
      const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
      if (field->is_repeated()) {
        for (int j = 0; j < reflection.FieldSize(*message, field); ++j) {
          places->push_back({message, field, j});
          if (is_message) AddPlaces(reflection.MutableRepeatedMessage(message, field, j), places);
        }
      } else if (is_message && reflection.HasField(*message, field)) {
        AddPlaces(reflection.MutableMessage(message, field), places);
      }
    }
  }

  void Change(const Place& place) {
    if (place.field->is_repeated() && place.index < 0) return ChangeList(place);
    const Reflection& reflection = *place.message->GetReflection();
    if (!place.field->is_repeated() && reflection.HasField(*place.message, place.field) &&
        OneIn(8)) {
      return reflection.ClearField(place.message, place.field);
    }
    ChangeValue(place);
  }

  void ChangeList(const Place& place) {
    const Reflection& reflection = *place.message->GetReflection();
    const int size = reflection.FieldSize(*place.message, place.field);
    const auto any = [&] { return static_cast<int>(Below(static_cast<size_t>(size))); };
    switch (size == 0 ? 0 : Below(4)) {
      case 0:
        return AddElement(place);
      case 1:
        return reflection.SwapElements(place.message, place.field, any(), any());
      case 2: {
        // Any element, because the order of a list may matter.
        reflection.SwapElements(place.message, place.field, any(), size - 1);
        return reflection.RemoveLast(place.message, place.field);
      }
      default: {
        const int from = any();
        AddElement(place);
        const Place added = {place.message, place.field, size};
        Copy({place.message, place.field, from}, added);
        if (OneIn(2)) ChangeValue(added);
      }
    }
  }

  // Adds an element that has the default value, or now and then another one.
  void AddElement(const Place& place) {
    const Reflection& reflection = *place.message->GetReflection();
    const int size = reflection.FieldSize(*place.message, place.field);
    switch (place.field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        reflection.AddMessage(place.message, place.field);
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.AddString(place.message, place.field, "");
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        reflection.AddInt32(place.message, place.field, 0);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection.AddInt64(place.message, place.field, 0);
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        reflection.AddUInt32(place.message, place.field, 0);
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection.AddUInt64(place.message, place.field, 0);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection.AddBool(place.message, place.field, false);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection.AddEnumValue(place.message, place.field, 0);
        break;
      default:
        return;  // no message of ours has floating-point numbers
    }
    if (!OneIn(4)) ChangeValue({place.message, place.field, size});
  }

  static bool HasValue(const Place& place) {
    return !place.field->has_presence() ||
           place.message->GetReflection()->HasField(*place.message, place.field);
  }

  // Returns a place of the same type that has a value, or `place` itself.
  Place PlaceLike(const Place& place) {
    std::vector<Place> places;
    AddPlaces(root_, &places);
    std::vector<Place> alike;
    for (const Place& other : places) {
      if (other.field->cpp_type() != place.field->cpp_type()) continue;
      if (other.field->message_type() != place.field->message_type()) continue;
      if (other.field->is_repeated() ? other.index < 0 : !HasValue(other)) continue;
      alike.push_back(other);
    }
    return alike.empty() ? place : alike[Below(alike.size())];
  }

  template <typename Integer>
  Integer Changed(Integer value) {
    using Limits = std::numeric_limits<Integer>;
    using Bits = std::make_unsigned_t<Integer>;
    switch (Below(6)) {
      case 0:
        return static_cast<Integer>(static_cast<Bits>(value) + 1);
      case 1:
        return static_cast<Integer>(static_cast<Bits>(value) - 1);
      case 2:
        return static_cast<Integer>(Below(16));
      case 3:
        return static_cast<Integer>(static_cast<Bits>(value) ^ Bits{1} << Below(Limits::digits));
      case 4:
        return OneIn(2) ? Limits::max() : Limits::min();
      default:
        return static_cast<Integer>(random_());
    }
  }

  std::string Changed(std::string text, bool is_utf8) {
    if (OneIn(8)) text.resize(16, 'a');  // ids have 16 bytes
    const size_t max_bytes = text.size() + 1 + Below(32);
    const size_t size = text.size();
    text.resize(max_bytes);
    text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), size, max_bytes));
    if (is_utf8) {
      for (char& byte : text) byte = static_cast<char>(byte & 0x7f);
    }
    return text;
  }

  void ChangeValue(const Place& place) {
    if (OneIn(4)) {
      const Place other = PlaceLike(place);
      if (other.message != place.message || other.field != place.field) return Copy(other, place);
    }
    if (place.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message* message = MessageAt(place);
      const Descriptor& type = *message->GetDescriptor();
      if (type.field_count() == 0) return;
      return Change({message,
                     type.field(static_cast<int>(Below(static_cast<size_t>(type.field_count())))),
                     -1});
    }
    Visit(place, [&](auto value) {
      if constexpr (std::is_same_v<decltype(value), std::string>) {
        return Changed(std::move(value), place.field->type() == FieldDescriptor::TYPE_STRING);
      } else if constexpr (std::is_same_v<decltype(value), bool>) {
        return !value;
      } else {
        return Changed(value);
      }
    });
  }

  static Message* MessageAt(const Place& place) {
    const Reflection& reflection = *place.message->GetReflection();
    return place.index < 0
               ? reflection.MutableMessage(place.message, place.field)
               : reflection.MutableRepeatedMessage(place.message, place.field, place.index);
  }

  // Copies the value at `from` to `to`, which is of the same type.
  static void Copy(const Place& from, const Place& to) {
    if (from.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      // A copy of its own, because one of the two may be inside the other.
      const std::unique_ptr<Message> copy(MessageAt(from)->New());
      copy->CopyFrom(*MessageAt(from));
      MessageAt(to)->CopyFrom(*copy);
      return;
    }
    std::variant<std::string, int32_t, int64_t, uint32_t, uint64_t, bool> copy;
    Visit(from, [&](auto value) {
      copy = value;
      return value;
    });
    Visit(to, [&](auto old) {
      const auto* value = std::get_if<decltype(old)>(&copy);
      return value == nullptr ? old : *value;
    });
  }

  // Replaces the value at `place`, which is not a message, by change(value).
  template <typename ChangeFn>
  static void Visit(const Place& place, ChangeFn change) {
    Message* message = place.message;
    const FieldDescriptor* field = place.field;
    const int index = place.index;
    const Reflection& r = *message->GetReflection();
    const auto replace = [&](auto get, auto get_repeated, auto set, auto set_repeated) {
      if (index < 0) {
        (r.*set)(message, field, change((r.*get)(*message, field)));
      } else {
        (r.*set_repeated)(message, field, index, change((r.*get_repeated)(*message, field, index)));
      }
    };
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return replace(&Reflection::GetString, &Reflection::GetRepeatedString,
                       &Reflection::SetString, &Reflection::SetRepeatedString);
      case FieldDescriptor::CPPTYPE_INT32:
        return replace(&Reflection::GetInt32, &Reflection::GetRepeatedInt32, &Reflection::SetInt32,
                       &Reflection::SetRepeatedInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return replace(&Reflection::GetInt64, &Reflection::GetRepeatedInt64, &Reflection::SetInt64,
                       &Reflection::SetRepeatedInt64);
      case FieldDescriptor::CPPTYPE_UINT32:
        return replace(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32,
                       &Reflection::SetUInt32, &Reflection::SetRepeatedUInt32);
      case FieldDescriptor::CPPTYPE_UINT64:
        return replace(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64,
                       &Reflection::SetUInt64, &Reflection::SetRepeatedUInt64);
      case FieldDescriptor::CPPTYPE_BOOL:
        return replace(&Reflection::GetBool, &Reflection::GetRepeatedBool, &Reflection::SetBool,
                       &Reflection::SetRepeatedBool);
      case FieldDescriptor::CPPTYPE_ENUM:
        return replace(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue,
                       &Reflection::SetEnumValue, &Reflection::SetRepeatedEnumValue);
      default:
        return;
    }
  }

  Message* const root_;
  std::mt19937 random_;
};

}  // namespace
}  // namespace quorate::fuzz

// Called by libFuzzer for each new input.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  const std::unique_ptr<google::protobuf::Message> message(quorate::fuzz::EmptyInput().New());
  if (seed % 4 == 0 || !message->ParseFromArray(data, static_cast<int>(size))) {
    return LLVMFuzzerMutate(data, size, max_size);
  }
  quorate::fuzz::Mutator(message.get(), seed).ChangeOnePlace();
  const std::string bytes = message->SerializeAsString();
  if (bytes.empty() || bytes.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, bytes.data(), bytes.size());
  return bytes.size();
}
