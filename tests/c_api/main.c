/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* usage: c_api_test NAME FOLDER: runs one test, which may write into FOLDER. */

rankfill_error* error = NULL;

static int failures = 0;
static const char* folder = ".";

void check(int holds, const char* condition, const char* file, int line) {
  if (holds) return;
  ++failures;
  fprintf(stderr, "%s:%d: %s\n", file, line, condition);
}

void check_status(rankfill_status status, rankfill_status expected, const char* part, const char* call,
                  const char* file, int line) {
  const char* said = rankfill_error_message(error);
  int reported = rankfill_error_code(error) == status && (status == RANKFILL_OK) == (error == NULL);
  if (status == expected && reported && strstr(said, part) != NULL && (status == RANKFILL_OK || strlen(said) > 0))
    return;
  ++failures;
  fprintf(stderr, "%s:%d: %s: status %d (%s), expected %d (...%s...)\n", file, line, call, (int)status, said,
          (int)expected, part);
}

void make_up(made_up* data) {
  int64_t i, j, k = 0;
  for (i = 0; i < NUM_ROWS; ++i)
    for (j = 0; j < NUM_COLS; ++j) {
      if ((i + 2 * j) % 3 == 0) continue;
      data->rows[k] = i;
      data->cols[k] = j;
      data->values[k] = 3 + sin((double)(i + 1)) * cos((double)j);
      ++k;
    }
  CHECK(k == COUNT);
}

rankfill_entries* entries_of(const made_up* data) {
  rankfill_entries* entries = NULL;
  OK(rankfill_entries_from_indices(NUM_ROWS, NUM_COLS, COUNT, data->rows, data->cols, data->values, &entries, &error));
  return entries;
}

rankfill_model* fitted(const made_up* data) {
  rankfill_entries* entries = entries_of(data);
  rankfill_options* options = NULL;
  rankfill_model* model = NULL;
  OK(rankfill_options_new(&options, &error));
  OK(rankfill_options_set_integer(options, "rank", 3, &error));
  OK(rankfill_options_set_number(options, "regularization", 0.5, &error));
  OK(rankfill_options_set_text(options, "center", "bias", &error));
  OK(rankfill_options_set_text(options, "device", "cpu", &error));
  OK(rankfill_fit(entries, options, NULL, NULL, &model, NULL, &error));
  rankfill_options_free(options);
  rankfill_entries_free(entries);
  return model;
}

const char* scratch(const char* name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

void write_text(const char* file, const char* text) {
  FILE* out = fopen(file, "wb");
  CHECK(out != NULL);
  if (out == NULL) return;
  CHECK(fwrite(text, 1, strlen(text), out) == strlen(text));
  CHECK(fclose(out) == 0);
}

static const struct {
  const char* name;
  void (*run)(void);
} tests[] = {{"library", test_library},
             {"nulls", test_nulls},
             {"errors", test_errors},
             {"indices", test_indices},
             {"ids", test_ids},
             {"splits", test_splits},
             {"reading", test_reading},
             {"options", test_options},
             {"same_bits", test_same_bits},
             {"progress", test_progress},
             {"summary", test_summary},
             {"holdout", test_holdout},
             {"device_arrays", test_device_arrays},
             {"predict", test_predict},
             {"recommend", test_recommend},
             {"fold_in", test_fold_in},
             {"files", test_files}};

int main(int argc, char** argv) {
  size_t t, run = 0;
  if (argc > 2) folder = argv[2];
  for (t = 0; t < sizeof tests / sizeof *tests; ++t)
    if (argc > 1 && strcmp(argv[1], tests[t].name) == 0) {
      tests[t].run();
      ++run;
    }
  rankfill_error_free(error);
  if (run == 0) fprintf(stderr, "there is no test of that name\n");
  return run == 1 && failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
