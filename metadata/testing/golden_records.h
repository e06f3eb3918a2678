// The bytes of records, which are on disk permanently: a change of golden bytes that does more than
// add lines changes the format of the log. The test of each record family registers the bytes of
// its records, and record_golden_test.cc checks them all.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

struct GoldenRecord {
  v1::Record record;
  // The record's bytes in hexadecimal.
  std::string hex;
};

// Registers golden records before the tests start:
//   const GoldenRecords kGolden([] {
//     return std::vector<GoldenRecord>{{MakeNoOpRecord(), "0a00"}};
//   });
class GoldenRecords {
 public:
  using Make = std::vector<GoldenRecord> (*)();

  explicit GoldenRecords(Make make) { Registered().push_back(make); }

  // Returns the golden records of all families.
  static std::vector<GoldenRecord> All() {
    std::vector<GoldenRecord> all;
    for (const Make make : Registered()) {
      for (GoldenRecord& golden : make()) all.push_back(std::move(golden));
    }
    return all;
  }

 private:
  static std::vector<Make>& Registered() {
    static std::vector<Make> registered;
    return registered;
  }
};

}  // namespace quorate::metadata
