#include "metadata/request_result_table.h"

#include <xxhash.h>

#include <algorithm>

#include "base/check.h"

namespace quorate::metadata {

size_t RequestResultTable::ByClient::ShardOf(const Key& key) {
  const std::string_view bytes = key.first.bytes();
  return XXH3_64bits(bytes.data(), bytes.size()) >> 54;
}

uint64_t RequestResultTable::HashOf(std::string_view principal, const RequestId& id) {
  const std::string_view uuid = id.client_uuid.bytes();
  const uint64_t client =
      XXH3_64bits_withSeed(uuid.data(), uuid.size(), static_cast<XXH64_hash_t>(id.sequence));
  return XXH3_64bits_withSeed(principal.data(), principal.size(), client);
}

RequestLookup RequestResultTable::Find(std::string_view principal, const RequestId& id) const {
  RequestLookup lookup;
  const uint64_t hash = HashOf(principal, id);
  requests_.ScanFrom({hash, 0}, [&](const ByRequest::Entry& entry) {
    if (entry.first != hash) return false;
    const auto& result = results_.Find(entry.second)->result;
    if (result->request_id != id || result->principal != principal) return true;
    lookup = {RequestLookup::Kind::kKnown, result};
    return false;
  });
  if (lookup.kind == RequestLookup::Kind::kKnown) return lookup;
  const auto* client = clients_.Find({id.client_uuid, principal});
  if (client != nullptr && id.sequence <= (*client)->highest_evicted_sequence) {
    lookup.kind = RequestLookup::Kind::kEvicted;
  }
  return lookup;
}

void RequestResultTable::Add(std::shared_ptr<const RequestResult> result, size_t bytes,
                             const Limits& limits) {
  const uint64_t ordinal = first_ordinal_ + size();
  requests_.Put({HashOf(result->principal, result->request_id), ordinal});
  const ByClient::Key client_key(result->request_id.client_uuid, result->principal);
  if (clients_.Find(client_key) == nullptr) {
    clients_.Put(std::make_shared<Client>(
        Client{.principal = result->principal, .client_uuid = result->request_id.client_uuid}));
  }
  ++Own(clients_.Mutable(client_key)).results;
  results_.Put({.ordinal = ordinal, .bytes = bytes, .result = std::move(result)});
  bytes_ += bytes;
  while (size() > limits.max_results || (bytes_ > limits.max_bytes && size() > 0)) EvictOldest();
}

void RequestResultTable::EvictOldest() {
  const Queued* oldest = results_.Find(first_ordinal_);
  CHECK(oldest != nullptr);
  const std::shared_ptr<const RequestResult> result = oldest->result;
  bytes_ -= oldest->bytes;
  results_.Erase(first_ordinal_);
  requests_.Erase({HashOf(result->principal, result->request_id), first_ordinal_});
  ++first_ordinal_;
  const ByClient::Key client_key(result->request_id.client_uuid, result->principal);
  Client& client = Own(clients_.Mutable(client_key));
  client.highest_evicted_sequence =
      std::max(client.highest_evicted_sequence, result->request_id.sequence);
  if (--client.results == 0) clients_.Erase(client_key);
}

bool RequestResultTable::SetHighestEvicted(std::string_view principal, const Uuid& client_uuid,
                                           int64_t sequence) {
  const ByClient::Key key(client_uuid, principal);
  if (clients_.Find(key) == nullptr) return false;
  Own(clients_.Mutable(key)).highest_evicted_sequence = sequence;
  return true;
}

void RequestResultTable::ForEachEvicted(
    absl::FunctionRef<void(std::string_view, const Uuid&, int64_t)> fn) const {
  clients_.ForEach([&](const ByClient::Entry& client) {
    if (client->highest_evicted_sequence == 0) return;
    fn(client->principal, client->client_uuid, client->highest_evicted_sequence);
  });
}

}  // namespace quorate::metadata
