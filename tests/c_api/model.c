/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "check.h"

static made_up data;

void test_predict(void) {
  enum { RANK = 3 };
  static double u[NUM_ROWS * RANK], v[NUM_COLS * RANK], row_bias[NUM_ROWS], col_bias[NUM_COLS], predictions[COUNT];
  int64_t rows[] = {-1, 4, NUM_ROWS}, cols[] = {2, -1, 0}, k;
  double mean, worst = 0;
  rankfill_model* model;
  make_up(&data);
  model = fitted(&data);
  CHECK(rankfill_model_num_rows(model) == NUM_ROWS && rankfill_model_num_cols(model) == NUM_COLS);
  CHECK(rankfill_model_rank(model) == RANK && rankfill_model_is_float32(model) == 1);
  CHECK(rankfill_ids_count(rankfill_model_ids(model, RANKFILL_COLS)) == NUM_COLS);
  mean = rankfill_model_mean(model);
  OK(rankfill_model_copy_factors(model, RANKFILL_ROWS, u, NUM_ROWS * RANK, &error));
  OK(rankfill_model_copy_factors(model, RANKFILL_COLS, v, NUM_COLS * RANK, &error));
  OK(rankfill_model_copy_bias(model, RANKFILL_ROWS, row_bias, NUM_ROWS, &error));
  OK(rankfill_model_copy_bias(model, RANKFILL_COLS, col_bias, NUM_COLS, &error));
  FAILS(rankfill_model_copy_factors(model, RANKFILL_ROWS, u, NUM_ROWS * RANK - 1, &error), RANKFILL_INVALID_ARGUMENT,
        "room = 119: must be at least 120");
  FAILS(rankfill_model_copy_factors(model, 7, u, NUM_ROWS * RANK, &error), RANKFILL_INVALID_ARGUMENT, "side = 7");
  FAILS(rankfill_model_copy_factors(model, RANKFILL_ROWS, NULL, NUM_ROWS * RANK, &error), RANKFILL_INVALID_ARGUMENT,
        "factors");
  FAILS(rankfill_model_copy_bias(model, RANKFILL_COLS, col_bias, 0, &error), RANKFILL_INVALID_ARGUMENT, "room");

  OK(rankfill_model_predict(model, COUNT, data.rows, data.cols, predictions, &error));
  for (k = 0; k < COUNT; ++k) {
    const int64_t i = data.rows[k], j = data.cols[k];
    double expected = mean + row_bias[i] + col_bias[j];
    int c;
    for (c = 0; c < RANK; ++c) expected += u[i * RANK + c] * v[j * RANK + c];
    worst = fmax(worst, fabs(predictions[k] - expected));
  }
  CHECK(worst <= (RANK + 3) * 1.2e-7 * 8); /* terms x epsilon of float x magnitude */

  OK(rankfill_model_predict(model, 2, rows, cols, predictions, &error));
  CHECK(fabs(predictions[0] - (mean + col_bias[2])) <= 1e-15 * 8);
  CHECK(fabs(predictions[1] - (mean + row_bias[4])) <= 1e-15 * 8);
  predictions[0] = -42;
  FAILS(rankfill_model_predict(model, 3, rows, cols, predictions, &error), RANKFILL_INVALID_DATA, "row index 40");
  CHECK(predictions[0] == -42);
  OK(rankfill_model_predict(model, 0, NULL, NULL, NULL, &error));
  FAILS(rankfill_model_predict(model, 1, rows, cols, NULL, &error), RANKFILL_INVALID_ARGUMENT, "predictions");
  rankfill_model_free(model);
}

void test_recommend(void) {
  enum { ASKED = 3, WIDE = NUM_COLS + 2 };
  static int64_t best[ASKED * WIDE];
  static double values[ASKED * WIDE], single[NUM_COLS];
  int64_t asked[ASKED] = {5, 0, 5}, all[NUM_COLS], row5[NUM_COLS], k, t;
  rankfill_entries* seen;
  rankfill_model* model;
  make_up(&data);
  model = fitted(&data);
  seen = entries_of(&data);
  for (k = 0; k < NUM_COLS; ++k) {
    all[k] = k;
    row5[k] = 5;
  }
  OK(rankfill_model_predict(model, NUM_COLS, row5, all, single, &error));
  OK(rankfill_model_recommend(model, ASKED, asked, WIDE, NULL, best, values, &error));
  for (t = 0; t < NUM_COLS; ++t) {
    CHECK(best[t] >= 0 && values[t] == single[best[t]] && best[2 * WIDE + t] == best[t]);
    CHECK(t == 0 || values[t] <= values[t - 1]);
  }
  CHECK(best[NUM_COLS] == -1 && isnan(values[NUM_COLS]) && best[WIDE - 1] == -1);

  /* Row 5 has entries in two columns out of three: what is left is the third, (5 + 2 j) % 3 == 0. */
  OK(rankfill_model_recommend(model, ASKED, asked, WIDE, seen, best, values, &error));
  for (t = 0; t < NUM_COLS / 3; ++t) CHECK((5 + 2 * best[t]) % 3 == 0);
  CHECK(best[NUM_COLS / 3] == -1 && best[WIDE] % 3 == 0);

  asked[1] = -1;
  FAILS(rankfill_model_recommend(model, ASKED, asked, 2, NULL, best, values, &error), RANKFILL_INVALID_DATA,
        "row index -1 is not in 0..39");
  FAILS(rankfill_model_recommend(model, 1, asked, -1, NULL, best, values, &error), RANKFILL_INVALID_ARGUMENT,
        "count = -1");
  FAILS(rankfill_model_recommend(model, 1, asked, 1, NULL, NULL, values, &error), RANKFILL_INVALID_ARGUMENT, "cols");
  OK(rankfill_model_recommend(model, 1, asked, 0, NULL, NULL, NULL, &error));
  rankfill_entries_free(seen);
  rankfill_model_free(model);
}

void test_fold_in(void) {
  const int64_t people[] = {77, 77, 77, 99}, things[] = {0, 4, 8, -5};
  double values[4], known[3], folded_values[3];
  const int64_t rows[] = {0, 0, 0}, six[] = {6, 6, 6}, cols[] = {0, 4, 8};
  int64_t k;
  rankfill_entries *entries = NULL, *other = NULL;
  rankfill_options* options = NULL;
  rankfill_model *model, *folded = NULL, *told = NULL;
  make_up(&data);
  model = fitted(&data);
  for (k = 0; k < 3; ++k) values[k] = 3 + sin(7.0) * cos((double)things[k]); /* as row 6 has them */
  values[3] = 1;
  OK(rankfill_entries_from_ids(4, people, things, values, NULL, rankfill_model_ids(model, RANKFILL_COLS), &entries,
                               &error));
  OK(rankfill_model_fold_in(model, entries, NULL, &folded, &error));
  CHECK(rankfill_model_num_rows(folded) == 2 && rankfill_model_num_cols(folded) == NUM_COLS);
  CHECK(rankfill_ids_find_number(rankfill_model_ids(folded, RANKFILL_ROWS), 99) == 1);
  OK(rankfill_model_predict(folded, 3, rows, cols, folded_values, &error));
  OK(rankfill_model_predict(model, 3, six, cols, known, &error));
  for (k = 0; k < 3; ++k) CHECK(fabs(folded_values[k] - values[k]) < fabs(rankfill_model_mean(model) - values[k]));

  /* Told the same as the model was fitted with, the same comes of it; another lambda gives something else. */
  OK(rankfill_options_new(&options, &error));
  FAILS(rankfill_model_fold_in(model, entries, options, &told, &error), RANKFILL_INVALID_ARGUMENT, "regularization");
  OK(rankfill_options_set_number(options, "regularization", 0.5, &error));
  OK(rankfill_model_fold_in(model, entries, options, &told, &error));
  OK(rankfill_model_predict(told, 3, rows, cols, known, &error));
  CHECK(memcmp(known, folded_values, sizeof known) == 0);
  rankfill_model_free(told);
  OK(rankfill_options_set_number(options, "regularization", 5, &error));
  OK(rankfill_model_fold_in(model, entries, options, &told, &error));
  OK(rankfill_model_predict(told, 3, rows, cols, known, &error));
  CHECK(memcmp(known, folded_values, sizeof known) != 0);

  OK(rankfill_entries_from_ids(3, people, things, values, NULL, NULL, &other, &error));
  FAILS(rankfill_model_fold_in(model, other, options, &told, &error), RANKFILL_INVALID_DATA,
        "the new rows have 3 columns, the model 30");
  rankfill_entries_free(other);
  rankfill_entries_free(entries);
  rankfill_options_free(options);
  rankfill_model_free(told);
  rankfill_model_free(folded);
  rankfill_model_free(model);
}

void test_files(void) {
  static char file[4096];
  static double before[COUNT], after[COUNT];
  rankfill_model *model, *loaded = NULL;
  make_up(&data);
  model = fitted(&data);
  strcpy(file, scratch("model.npz"));
  OK(rankfill_model_save(model, file, &error));
  OK(rankfill_model_load(file, &loaded, &error));
  OK(rankfill_model_predict(model, COUNT, data.rows, data.cols, before, &error));
  OK(rankfill_model_predict(loaded, COUNT, data.rows, data.cols, after, &error));
  CHECK(memcmp(before, after, sizeof before) == 0);
  rankfill_model_free(loaded);
  loaded = NULL;

  FAILS(rankfill_model_save(model, scratch("no such folder/model.npz"), &error), RANKFILL_FILE_ERROR, "no such folder");
  write_text(file, "rubbish");
  FAILS(rankfill_model_load(file, &loaded, &error), RANKFILL_INVALID_DATA, "model.npz");
  FAILS(rankfill_model_load(scratch("none.npz"), &loaded, &error), RANKFILL_FILE_ERROR, "No such file");
  CHECK(loaded == NULL);
  rankfill_model_free(model);
}
