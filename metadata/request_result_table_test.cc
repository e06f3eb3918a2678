#include "metadata/request_result_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/random.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

using ::testing::ElementsAre;
using Kind = RequestLookup::Kind;

constexpr size_t kPlenty = 1 << 20;

RequestId Id(uint16_t client, int64_t sequence) { return {TestUuid(client), sequence}; }

class RequestResultTableTest : public ::testing::Test {
 protected:
  void Add(uint16_t client, int64_t sequence, size_t bytes = 10,
           const std::string& principal = "alice") {
    table_.Add(std::make_shared<RequestResult>(
                   RequestResult{.principal = principal, .request_id = Id(client, sequence)}),
               bytes, limits_);
  }
  Kind Find(uint16_t client, int64_t sequence, const std::string& principal = "alice") const {
    return table_.Find(principal, Id(client, sequence)).kind;
  }
  std::vector<int64_t> Sequences() const {
    std::vector<int64_t> sequences;
    table_.ForEach(
        [&](const RequestResult& result) { sequences.push_back(result.request_id.sequence); });
    return sequences;
  }

  RequestResultTable::Limits limits_{.max_results = 3, .max_bytes = kPlenty};
  RequestResultTable table_;
};

TEST_F(RequestResultTableTest, TheOldestGoFirst) {
  for (int64_t sequence = 1; sequence <= 5; ++sequence) Add(1, sequence);
  EXPECT_THAT(Sequences(), ElementsAre(3, 4, 5));
  EXPECT_EQ(table_.size(), 3u);
  EXPECT_EQ(table_.bytes(), 30u);
}

TEST_F(RequestResultTableTest, AtOrBelowTheHighestEvictedIsUnknownAsLongAsTheClientIsKnown) {
  for (int64_t sequence = 2; sequence <= 10; sequence += 2) Add(1, sequence);
  EXPECT_THAT(Sequences(), ElementsAre(6, 8, 10));
  EXPECT_EQ(Find(1, 1), Kind::kEvicted);
  EXPECT_EQ(Find(1, 4), Kind::kEvicted);
  EXPECT_EQ(Find(1, 5), Kind::kNew);
  EXPECT_EQ(Find(1, 6), Kind::kKnown);
  EXPECT_EQ(Find(1, 7), Kind::kNew);
  EXPECT_EQ(Find(2, 1), Kind::kNew);
  Add(2, 1);
  Add(2, 2);
  EXPECT_EQ(Find(1, 8), Kind::kEvicted);
  EXPECT_EQ(Find(1, 9), Kind::kNew);
  EXPECT_EQ(Find(1, 10), Kind::kKnown);
  // The table forgets a client with its last result; otherwise it would keep evictions forever.
  Add(2, 3);
  EXPECT_EQ(Find(1, 8), Kind::kNew);
  EXPECT_EQ(Find(1, 10), Kind::kNew);
}

TEST_F(RequestResultTableTest, ASequenceThatIsKnownIsKnownThoughAHigherOneIsEvicted) {
  Add(1, 9);
  Add(1, 5);
  Add(1, 7);
  Add(1, 20);
  EXPECT_THAT(Sequences(), ElementsAre(5, 7, 20));
  EXPECT_EQ(Find(1, 9), Kind::kEvicted);
  EXPECT_EQ(Find(1, 5), Kind::kKnown);
  EXPECT_EQ(Find(1, 6), Kind::kEvicted);
  EXPECT_EQ(Find(1, 10), Kind::kNew);
  Add(1, 21);
  EXPECT_EQ(Find(1, 9), Kind::kEvicted);  // 5 was evicted later, but 9 is still the highest
}

TEST_F(RequestResultTableTest, BytesAreALimitToo) {
  limits_ = {.max_results = 1000, .max_bytes = 100};
  Add(1, 1, 40);
  Add(1, 2, 40);
  Add(1, 3, 20);
  EXPECT_THAT(Sequences(), ElementsAre(1, 2, 3));
  Add(1, 4, 1);
  EXPECT_THAT(Sequences(), ElementsAre(2, 3, 4));
  Add(1, 5, 90);
  EXPECT_THAT(Sequences(), ElementsAre(4, 5));
  EXPECT_EQ(table_.bytes(), 91u);
}

TEST_F(RequestResultTableTest, PrincipalsAreApart) {
  limits_.max_results = 4;
  Add(1, 5, 10, "alice");
  Add(1, 5, 10, "bob");
  EXPECT_EQ(table_.Find("alice", Id(1, 5)).result->principal, "alice");
  EXPECT_EQ(table_.Find("bob", Id(1, 5)).result->principal, "bob");
  Add(1, 6, 10, "bob");
  Add(1, 6, 10, "alice");
  Add(1, 7, 10, "alice");
  EXPECT_EQ(Find(1, 5, "alice"), Kind::kEvicted);
  EXPECT_EQ(Find(1, 5, "bob"), Kind::kKnown);
  EXPECT_EQ(Find(1, 4, "bob"), Kind::kNew);
}

TEST_F(RequestResultTableTest, EvictedClientsAreListed) {
  for (int64_t sequence = 1; sequence <= 4; ++sequence) Add(1, sequence);
  Add(2, 1);
  std::vector<std::tuple<std::string, Uuid, int64_t>> evicted;
  table_.ForEachEvicted([&](std::string_view principal, const Uuid& client, int64_t sequence) {
    evicted.emplace_back(principal, client, sequence);
  });
  EXPECT_THAT(evicted, ElementsAre(std::tuple("alice", TestUuid(1), 2)));
}

TEST_F(RequestResultTableTest, CopiesStayAsTheyWere) {
  Add(1, 1);
  const RequestResultTable before = table_;
  for (int64_t sequence = 2; sequence <= 10; ++sequence) Add(1, sequence);
  EXPECT_EQ(before.Find("alice", Id(1, 1)).kind, Kind::kKnown);
  EXPECT_EQ(before.Find("alice", Id(1, 2)).kind, Kind::kNew);
  EXPECT_EQ(before.size(), 1u);
  EXPECT_EQ(before.bytes(), 10u);
}

// Compares the table with a plain queue that is searched from end to end.
TEST_F(RequestResultTableTest, AgreesWithAPlainQueue) {
  limits_ = {.max_results = 20, .max_bytes = 500};
  struct Plain {
    std::string principal;
    RequestId id;
    size_t bytes = 0;
  };
  std::deque<Plain> queue;
  std::map<std::pair<std::string, Uuid>, int64_t> evicted;
  const auto find = [&](const std::string& principal, const RequestId& id) {
    bool has_client = false;
    for (const Plain& plain : queue) {
      if (plain.principal != principal || plain.id.client_uuid != id.client_uuid) continue;
      if (plain.id == id) return Kind::kKnown;
      has_client = true;
    }
    const auto highest = evicted.find({principal, id.client_uuid});
    if (!has_client || highest == evicted.end()) return Kind::kNew;
    return id.sequence <= highest->second ? Kind::kEvicted : Kind::kNew;
  };
  const auto evict_oldest = [&] {
    const Plain oldest = queue.front();
    queue.pop_front();
    const std::pair client(oldest.principal, oldest.id.client_uuid);
    evicted[client] = std::max(evicted[client], oldest.id.sequence);
    const bool remains = std::any_of(queue.begin(), queue.end(), [&](const Plain& plain) {
      return client == std::pair(plain.principal, plain.id.client_uuid);
    });
    if (!remains) evicted.erase(client);
  };
  Rng rng(7);
  for (int step = 0; step < 5000; ++step) {
    const std::string principal = rng.Below(3) == 0 ? "alice" : "bob";
    const auto client = static_cast<uint16_t>(1 + rng.Below(4));
    const auto sequence = static_cast<int64_t>(1 + step / 10 + rng.Below(40));
    ASSERT_EQ(Find(client, sequence, principal), find(principal, Id(client, sequence))) << step;
    if (Find(client, sequence, principal) != Kind::kNew) continue;
    const size_t bytes = rng.Below(60);
    Add(client, sequence, bytes, principal);
    queue.push_back({principal, Id(client, sequence), bytes});
    const auto total = [&] {
      return std::accumulate(queue.begin(), queue.end(), size_t{0},
                             [](size_t sum, const Plain& plain) { return sum + plain.bytes; });
    };
    while (queue.size() > 20 || total() > 500) evict_oldest();
    ASSERT_EQ(table_.size(), queue.size());
    ASSERT_EQ(table_.bytes(), total());
  }
}

// Checks the limits of metadata version 1, with enough results for the ring of ordinals to wrap
// around.
TEST_F(RequestResultTableTest, KeepsTheNewest100000) {
  limits_ = RequestResultTable::Limits();
  constexpr int64_t kAdded = 140'000;
  for (int64_t sequence = 1; sequence <= kAdded; ++sequence) Add(1, sequence, 100);
  EXPECT_EQ(table_.size(), 100'000u);
  EXPECT_EQ(Find(1, kAdded - 100'000), Kind::kEvicted);
  EXPECT_EQ(Find(1, kAdded - 99'999), Kind::kKnown);
  EXPECT_EQ(Find(1, kAdded), Kind::kKnown);
  EXPECT_EQ(Find(1, kAdded + 1), Kind::kNew);
  int64_t expected = kAdded - 100'000;
  table_.ForEach(
      [&](const RequestResult& result) { ASSERT_EQ(result.request_id.sequence, ++expected); });
}

TEST_F(RequestResultTableTest, Within32MiB) {
  limits_ = RequestResultTable::Limits();
  for (int64_t sequence = 1; sequence <= 40; ++sequence) Add(1, sequence, 1 << 20);
  EXPECT_EQ(table_.size(), 32u);
  EXPECT_EQ(Find(1, 8), Kind::kEvicted);
  EXPECT_EQ(Find(1, 9), Kind::kKnown);
}

}  // namespace
}  // namespace quorate::metadata
