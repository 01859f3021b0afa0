// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "rankfill/rankfill.h"
#include "rankfill/rankfill.hpp"

// What the opaque types of rankfill.h are.

struct rankfill_entries {
  rankfill::Entries entries;
};

struct rankfill_model {
  rankfill::Model model;
};

struct rankfill_read_options {
  rankfill::ReadOptions options;
  std::optional<rankfill::Ids> row_ids, col_ids;
};

struct rankfill_options {
  rankfill::Options options;
  rankfill::RecoveryOptions recovery;
  bool recover = false;
  rankfill_progress progress = nullptr;
  void* user_data = nullptr;

  /// What solve() is told.
  rankfill::Options resolved() const;
};

struct rankfill_summary {
  rankfill::Summary summary;
  std::string warnings, certificate, recovery;  // as texts
};

namespace rankfill::c_api {

/// A view of ids that something else owns.
inline const rankfill_ids* view(const Ids& ids) { return reinterpret_cast<const rankfill_ids*>(&ids); }
inline const Ids* ids_of(const rankfill_ids* ids) { return reinterpret_cast<const Ids*>(ids); }

/// Fills as much of `row` as row.size says it holds.
void fill(rankfill_iteration& row, const IterationSummary& from);

}  // namespace rankfill::c_api
