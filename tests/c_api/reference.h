/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "check.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the C++ interface makes of the same data: factors and objective.  0 when it throws. */
int reference_fit(const made_up* data, const char* solver, int rank, double regularization, double weighting,
                  uint64_t seed, float* row_factors, float* col_factors, double* objective);

#ifdef __cplusplus
}
#endif

#endif
