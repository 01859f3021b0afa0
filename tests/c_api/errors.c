/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "check.h"

void test_library(void) {
  CHECK(strchr(rankfill_version(), '.') != NULL);
  CHECK(strstr(rankfill_build_info(), rankfill_version()) != NULL);
  CHECK(rankfill_version() == rankfill_version());
  CHECK(rankfill_abi_version() == RANKFILL_ABI_VERSION);
  CHECK(rankfill_cuda_device_count() >= 0);
  CHECK(rankfill_built_with_cuda() == 1 || rankfill_cuda_device_count() == 0);
}

void test_nulls(void) {
  static made_up data;
  double number = 0;
  const char* text = NULL;
  rankfill_entries* entries = NULL;
  rankfill_options* options = NULL;
  rankfill_model* model = NULL;
  rankfill_iteration row = {sizeof(rankfill_iteration), 0, 0, 0, 0, 0, 0, 0};
  make_up(&data);
  entries = entries_of(&data);
  OK(rankfill_options_new(&options, &error));

  FAILS(rankfill_entries_from_indices(1, 1, 1, NULL, data.cols, data.values, &entries, &error),
        RANKFILL_INVALID_ARGUMENT, "rows = NULL: must not be NULL");
  FAILS(rankfill_entries_from_ids(1, data.rows, NULL, data.values, NULL, NULL, &entries, &error),
        RANKFILL_INVALID_ARGUMENT, "cols");
  FAILS(rankfill_entries_from_ids_f32(1, data.rows, data.cols, NULL, NULL, NULL, &entries, &error),
        RANKFILL_INVALID_ARGUMENT, "values");
  FAILS(rankfill_entries_from_indices(1, 1, 1, data.rows, data.cols, data.values, NULL, &error),
        RANKFILL_INVALID_ARGUMENT, "entries");
  FAILS(rankfill_entries_read(NULL, NULL, &entries, &error), RANKFILL_INVALID_ARGUMENT, "file");
  FAILS(rankfill_entries_copy(NULL, NULL, NULL, NULL, &error), RANKFILL_INVALID_ARGUMENT, "entries");
  FAILS(rankfill_options_new(NULL, &error), RANKFILL_INVALID_ARGUMENT, "options");
  FAILS(rankfill_options_set_number(NULL, "rank", 3, &error), RANKFILL_INVALID_ARGUMENT, "options");
  FAILS(rankfill_options_set_number(options, NULL, 3, &error), RANKFILL_INVALID_ARGUMENT, "name");
  FAILS(rankfill_options_set_text(options, "solver", NULL, &error), RANKFILL_INVALID_ARGUMENT, "value");
  FAILS(rankfill_fit(NULL, options, NULL, NULL, &model, NULL, &error), RANKFILL_INVALID_ARGUMENT, "train");
  FAILS(rankfill_fit(entries, options, NULL, NULL, NULL, NULL, &error), RANKFILL_INVALID_ARGUMENT, "model");
  FAILS(rankfill_summary_number(NULL, "objective", &number, &error), RANKFILL_INVALID_ARGUMENT, "summary");
  FAILS(rankfill_summary_text(NULL, "message", &text, &error), RANKFILL_INVALID_ARGUMENT, "summary");
  FAILS(rankfill_summary_history(NULL, 0, &row, &error), RANKFILL_INVALID_ARGUMENT, "summary");
  FAILS(rankfill_model_predict(NULL, 0, NULL, NULL, NULL, &error), RANKFILL_INVALID_ARGUMENT, "model");
  FAILS(rankfill_model_save(NULL, "x", &error), RANKFILL_INVALID_ARGUMENT, "model");
  FAILS(rankfill_model_load(NULL, &model, &error), RANKFILL_INVALID_ARGUMENT, "file");
  CHECK(model == NULL && text == NULL && number == 0);

  CHECK(rankfill_entries_num_rows(NULL) == 0 && rankfill_entries_num_cols(NULL) == 0);
  CHECK(rankfill_entries_count(NULL) == 0 && rankfill_entries_ids(NULL, RANKFILL_ROWS) == NULL);
  CHECK(rankfill_model_num_rows(NULL) == 0 && rankfill_model_rank(NULL) == 0 && rankfill_model_mean(NULL) == 0);
  CHECK(rankfill_model_ids(NULL, RANKFILL_COLS) == NULL && rankfill_ids_count(NULL) == 0);
  CHECK(rankfill_ids_find_number(NULL, 1) == -1 && rankfill_ids_find_text(NULL, "a") == -1);
  CHECK(rankfill_summary_history_count(NULL) == 0);
  CHECK(rankfill_error_code(NULL) == RANKFILL_OK && strcmp(rankfill_error_message(NULL), "") == 0);
  rankfill_entries_free(NULL);
  rankfill_read_options_free(NULL);
  rankfill_options_free(NULL);
  rankfill_summary_free(NULL);
  rankfill_model_free(NULL);
  rankfill_error_free(NULL);
  rankfill_options_free(options);
  rankfill_entries_free(entries);
}

void test_errors(void) {
  static made_up data;
  rankfill_entries* entries = NULL;
  rankfill_options* options = NULL;
  rankfill_model* model = NULL;
  make_up(&data);
  entries = entries_of(&data);
  OK(rankfill_options_new(&options, &error));

  /* Every family has its status; the words are the library's. */
  OK(rankfill_options_set_integer(options, "rank", 0, &error));
  FAILS(rankfill_fit(entries, options, NULL, NULL, &model, NULL, &error), RANKFILL_INVALID_ARGUMENT,
        "rank = 0: must be 1..1024");
  OK(rankfill_options_set_integer(options, "rank", 2, &error));
  OK(rankfill_options_set_text(options, "device", "cuda:99", &error));
  FAILS(rankfill_fit(entries, options, NULL, NULL, &model, NULL, &error), RANKFILL_UNAVAILABLE, "device = cuda");
  OK(rankfill_options_set_text(options, "device", "cpu", &error));
  FAILS(rankfill_entries_read(scratch("there is none"), NULL, &entries, &error), RANKFILL_FILE_ERROR, "No such file");
  FAILS(rankfill_model_load("/", &model, &error), RANKFILL_FILE_ERROR, "/");
  FAILS(rankfill_entries_from_indices(1, 1, INT64_MAX, data.rows, data.cols, data.values, &entries, &error),
        RANKFILL_OUT_OF_MEMORY, "out of memory");
  CHECK(rankfill_entries_count(entries) == COUNT);

  /* Data that are rubbish are found by the fit, and no model comes of it. */
  rankfill_entries_free(entries);
  data.values[17] = NAN;
  entries = entries_of(&data);
  FAILS(rankfill_fit(entries, options, NULL, NULL, &model, NULL, &error), RANKFILL_INVALID_DATA, "nan");
  rankfill_entries_free(entries);
  data.values[17] = 1;
  data.rows[17] = -1;
  entries = entries_of(&data);
  FAILS(rankfill_fit(entries, options, NULL, NULL, &model, NULL, &error), RANKFILL_INVALID_DATA, "-1");
  CHECK(model == NULL);

  /* An error that is asked for is optional, one that is there is replaced, and a success takes it away. */
  CHECK(rankfill_fit(entries, options, NULL, NULL, &model, NULL, NULL) == RANKFILL_INVALID_DATA);
  CHECK(error != NULL);
  OK(rankfill_options_set_integer(options, "rank", 3, &error));
  CHECK(error == NULL);
  rankfill_options_free(options);
  rankfill_entries_free(entries);
}
