// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>
#include <vector>

#include "rankfill/entries.hpp"

namespace rankfill {

/// The entries to be fitted, which whoever reads them last may use up if they were given away: an array is freed as soon as
/// what is in it is somewhere else.  Shape, ids and source stay.
class TrainingEntries {
 public:
  TrainingEntries(const Entries& kept) : entries_(&kept) {}
  TrainingEntries(Entries&& given) : entries_(&given), given_(&given) {}

  const Entries& operator*() const { return *entries_; }
  const Entries* operator->() const { return entries_; }
  operator const Entries&() const { return *entries_; }

  /// `array` of the entries is read no more.
  template <class X>
  void done_with(std::vector<X> Entries::*array) const {
    if (given_) std::vector<X>().swap(given_->*array);
  }

 private:
  const Entries* entries_;
  Entries* given_ = nullptr;
};

}  // namespace rankfill
