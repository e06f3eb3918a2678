// A slice for gRPC that shares the bytes of another object.
#pragma once

#include <grpcpp/support/slice.h>

#include <memory>
#include <string_view>
#include <utility>

namespace quorate::server {

// Returns a slice of `bytes`, which belong to `owner`, without copying them. gRPC releases the
// owner on any thread, once the last copy of the slice is gone.
inline grpc::Slice SharedSlice(std::string_view bytes, std::shared_ptr<const void> owner) {
  using Owner = std::shared_ptr<const void>;
  // gRPC requires a mutable pointer but does not write through it.
  auto* data = const_cast<char*>(bytes.data());  // NOLINT(*-const-cast)
  return grpc::Slice(
      data, bytes.size(), [](void* held) { delete static_cast<Owner*>(held); },
      new Owner(std::move(owner)));
}

}  // namespace quorate::server
