// CHECK and the status macros. A failed CHECK is a bug in Quorate and ends the process in every
// build (docs/ARCHITECTURE.md, "Errors"). glog provides CHECK, CHECK_EQ, … and LOG; include this
// header to use them.
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

// Assigns the value of the StatusOr `expr` to `lhs`, or returns its Status from the enclosing
// function.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL(QUORATE_CONCAT(status_or_, __LINE__), lhs, expr)
// NOLINTBEGIN(bugprone-macro-parentheses): `lhs` may be a declaration.
#define ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr)    \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = *std::move(tmp)
// NOLINTEND(bugprone-macro-parentheses)

// Ends the process unless the Status `expr` is OK. For operations whose failure would be a bug in
// Quorate.
#define CHECK_OK(expr)                              \
  do {                                              \
    const absl::Status& check_ok_status = (expr);   \
    CHECK(check_ok_status.ok()) << check_ok_status; \
  } while (false)
