/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>

#include "rankfill/rankfill.h"

/* A condition that must hold; the test goes on when it does not, and fails in the end. */
#define CHECK(condition) check((condition) != 0, #condition, __FILE__, __LINE__)
/* A call that must succeed; says the library's words when it does not. */
#define OK(call) check_status((call), RANKFILL_OK, "", #call, __FILE__, __LINE__)
/* A call that must fail with this status and words that hold `part`. */
#define FAILS(call, status, part) check_status((call), (status), (part), #call, __FILE__, __LINE__)

void check(int holds, const char* condition, const char* file, int line);
void check_status(rankfill_status status, rankfill_status expected, const char* part, const char* call,
                  const char* file, int line);

/* What every call below is given to report into. */
extern rankfill_error* error;

/* M_ij = 3 + sin(i + 1) cos(j), two thirds of its 40 x 30 entries. */
enum { NUM_ROWS = 40, NUM_COLS = 30, COUNT = 800 };
typedef struct {
  int64_t rows[COUNT], cols[COUNT];
  double values[COUNT];
} made_up;
void make_up(made_up* data);
rankfill_entries* entries_of(const made_up* data);
/* A model of rank 3 fitted to it, regularization 0.5, with row and column biases. */
rankfill_model* fitted(const made_up* data);
/* `name` in the folder for what tests write. */
const char* scratch(const char* name);
void write_text(const char* file, const char* text);

void test_library(void);
void test_nulls(void);
void test_errors(void);
void test_indices(void);
void test_ids(void);
void test_splits(void);
void test_reading(void);
void test_options(void);
void test_same_bits(void);
void test_progress(void);
void test_summary(void);
void test_holdout(void);
void test_device_arrays(void);
void test_predict(void);
void test_recommend(void);
void test_fold_in(void);
void test_files(void);

#endif
