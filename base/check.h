// CHECK and friends: our own mistakes, fatal in every build (docs/ARCHITECTURE.md, "Errors").
// glog provides CHECK, CHECK_EQ, … and LOG; this header is the one place that says so.
#pragma once

#include <glog/logging.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define QUORATE_CONCAT_INNER(a, b) a##b
#define QUORATE_CONCAT(a, b) QUORATE_CONCAT_INNER(a, b)

// Returns the Status of `expr` from the enclosing function unless it is OK.
#define RETURN_IF_ERROR(expr)                                         \
  do {                                                                \
    if (absl::Status status_ = (expr); !status_.ok()) return status_; \
  } while (false)

// `lhs` = the value of the StatusOr `expr`, or returns its Status.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL(QUORATE_CONCAT(status_or_, __LINE__), lhs, expr)
// NOLINTBEGIN(bugprone-macro-parentheses): `lhs` may be a declaration.
#define ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr)    \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = *std::move(tmp)
// NOLINTEND(bugprone-macro-parentheses)

// Fatal unless the Status `expr` is OK: for operations whose failure would be our own mistake.
#define CHECK_OK(expr)                              \
  do {                                              \
    const absl::Status& check_ok_status = (expr);   \
    CHECK(check_ok_status.ok()) << check_ok_status; \
  } while (false)
