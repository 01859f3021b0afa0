// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rankfill/model.hpp"
#include "rankfill/options.hpp"
#include "rankfill/summary.hpp"

namespace rankfill {

/// [a b], at most `most` columns.  In double, which holds float32 factors exactly.
FactorMatrix append(const FactorMatrix& a, const FactorMatrix& b, int most);

/// Puts the rounds before in front of the summary of the last one.
void prepend(const Summary& before, Summary& last);

/// The callback of a round whose rows go on from those of the rounds before; both must live as long as the round.
std::function<CallbackAction(const IterationSummary&)> callback_after(const Summary& before, const Options& options);

}  // namespace rankfill
