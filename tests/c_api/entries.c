/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"

void test_indices(void) {
  static made_up data;
  static int64_t rows[COUNT], cols[COUNT];
  static double values[COUNT];
  const float some[] = {0.5F, 0.1F};
  rankfill_entries* entries = NULL;
  make_up(&data);
  entries = entries_of(&data);
  CHECK(rankfill_entries_num_rows(entries) == NUM_ROWS && rankfill_entries_num_cols(entries) == NUM_COLS);
  CHECK(rankfill_entries_count(entries) == COUNT);
  OK(rankfill_entries_copy(entries, rows, cols, values, &error));
  CHECK(memcmp(rows, data.rows, sizeof rows) == 0 && memcmp(cols, data.cols, sizeof cols) == 0);
  CHECK(memcmp(values, data.values, sizeof values) == 0);
  OK(rankfill_entries_copy(entries, NULL, NULL, NULL, &error));
  rankfill_entries_free(entries);
  entries = NULL;

  FAILS(rankfill_entries_from_indices(3, NUM_COLS, COUNT, data.rows, data.cols, data.values, &entries, &error),
        RANKFILL_INVALID_DATA, "row index 3 is not in -1..2");
  FAILS(rankfill_entries_from_indices(NUM_ROWS, 2, COUNT, data.rows, data.cols, data.values, &entries, &error),
        RANKFILL_INVALID_DATA, "column index 2");
  rows[0] = INT64_MIN;
  FAILS(rankfill_entries_from_indices(NUM_ROWS, NUM_COLS, 1, rows, cols, values, &entries, &error),
        RANKFILL_INVALID_DATA, "-9223372036854775808");
  FAILS(rankfill_entries_from_indices(-1, 1, 0, NULL, NULL, NULL, &entries, &error), RANKFILL_INVALID_DATA, "-1 x 1");
  FAILS(rankfill_entries_from_indices(1, (int64_t)1 << 31, 0, NULL, NULL, NULL, &entries, &error),
        RANKFILL_INVALID_DATA, "2147483648");
  FAILS(rankfill_entries_from_indices(1, 1, -1, data.rows, data.cols, data.values, &entries, &error),
        RANKFILL_INVALID_ARGUMENT, "count = -1: must be >= 0");
  CHECK(entries == NULL);

  OK(rankfill_entries_from_indices(1, 1, 0, NULL, NULL, NULL, &entries, &error));
  CHECK(rankfill_entries_count(entries) == 0);
  rankfill_entries_free(entries);
  OK(rankfill_entries_from_indices_f32(NUM_ROWS, NUM_COLS, 2, data.rows, data.cols, some, &entries, &error));
  OK(rankfill_entries_copy(entries, NULL, NULL, values, &error));
  CHECK(values[0] == 0.5 && values[1] == (double)0.1F);
  rankfill_entries_free(entries);
}

void test_ids(void) {
  const int64_t users[] = {900, -7, 900, 41}, items[] = {INT64_MAX, 5, 5, INT64_MIN};
  const double values[] = {1, 2, 3, 4};
  const float floats[] = {1, 2, 3, 4};
  const char *names[] = {"Zoë", "7", "Zoë", "b"}, *things[] = {"x", "", "10", "9"};
  const char* strangers[] = {"b", "7", "nobody", "Zoë"};
  int64_t rows[4], cols[4];
  char text[4] = "???";
  size_t length = 0;
  rankfill_entries *entries = NULL, *later = NULL;
  const rankfill_ids* ids;

  OK(rankfill_entries_from_ids(4, users, items, values, NULL, NULL, &entries, &error));
  OK(rankfill_entries_copy(entries, rows, cols, NULL, &error));
  CHECK(rows[0] == 2 && rows[1] == 0 && rows[2] == 2 && rows[3] == 1); /* -7, 41, 900 */
  CHECK(cols[0] == 2 && cols[1] == 1 && cols[2] == 1 && cols[3] == 0);
  CHECK(rankfill_entries_num_rows(entries) == 3);
  ids = rankfill_entries_ids(entries, RANKFILL_ROWS);
  CHECK(rankfill_ids_count(ids) == 3 && rankfill_entries_ids(entries, 2) == NULL);
  CHECK(rankfill_ids_find_number(ids, 41) == 1 && rankfill_ids_find_number(ids, 42) == -1);
  CHECK(rankfill_ids_find_text(ids, "900") == 2 && rankfill_ids_find_text(ids, NULL) == -1);

  /* A name that does not fit is cut, and its length told. */
  OK(rankfill_ids_name(ids, 2, text, 3, &length, &error));
  CHECK(strcmp(text, "90") == 0 && length == 3);
  OK(rankfill_ids_name(ids, 2, text, sizeof text, NULL, &error));
  CHECK(strcmp(text, "900") == 0);
  OK(rankfill_ids_name(ids, 0, NULL, 0, &length, &error));
  CHECK(length == 2);
  FAILS(rankfill_ids_name(ids, 3, text, sizeof text, NULL, &error), RANKFILL_INVALID_DATA, "index 3 is not in 0..2");
  FAILS(rankfill_ids_name(ids, 0, NULL, 4, NULL, &error), RANKFILL_INVALID_ARGUMENT, "text");
  FAILS(rankfill_ids_name(NULL, 0, text, sizeof text, NULL, &error), RANKFILL_INVALID_ARGUMENT, "ids");

  /* Held-out data take the indices of the training data, and -1 for what those never saw. */
  OK(rankfill_entries_from_ids_f32(4, items, users, floats, rankfill_entries_ids(entries, RANKFILL_COLS), ids, &later,
                                   &error));
  CHECK(rankfill_entries_num_rows(later) == 3 && rankfill_entries_num_cols(later) == 3);
  OK(rankfill_entries_copy(later, rows, cols, NULL, &error));
  CHECK(rows[0] == 2 && rows[3] == 0 && cols[0] == 2 && cols[3] == 1);
  rankfill_entries_free(later);
  rankfill_entries_free(entries);

  OK(rankfill_entries_from_texts(4, names, things, values, NULL, NULL, &entries, &error));
  OK(rankfill_entries_copy(entries, rows, cols, NULL, &error));
  CHECK(rows[0] == 1 && rows[1] == 0 && rows[2] == 1 && rows[3] == 2); /* in the order of bytes: 7, Zoë, b */
  CHECK(cols[0] == 3 && cols[1] == 0 && cols[2] == 1 && cols[3] == 2); /* "", 10, 9, x */
  OK(rankfill_entries_from_texts(4, strangers, things, values, rankfill_entries_ids(entries, RANKFILL_ROWS), NULL,
                                 &later, &error));
  OK(rankfill_entries_copy(later, rows, NULL, NULL, &error));
  CHECK(rows[0] == 2 && rows[1] == 0 && rows[2] == -1 && rows[3] == 1);
  things[2] = NULL;
  FAILS(rankfill_entries_from_texts(4, names, things, values, NULL, NULL, &later, &error), RANKFILL_INVALID_ARGUMENT,
        "a column id");
  rankfill_entries_free(later);
  rankfill_entries_free(entries);
}

void test_splits(void) {
  static made_up data;
  rankfill_entries *entries, *train = NULL, *holdout = NULL, *again = NULL, *rest = NULL;
  make_up(&data);
  entries = entries_of(&data);
  OK(rankfill_entries_split(entries, 0.25, 7, &train, &holdout, &error));
  CHECK(rankfill_entries_count(train) + rankfill_entries_count(holdout) == COUNT);
  /* a binomial of mean 200 and deviation 12.2: six deviations */
  CHECK(rankfill_entries_count(holdout) > 126 && rankfill_entries_count(holdout) < 274);
  CHECK(rankfill_entries_num_rows(holdout) == NUM_ROWS);
  OK(rankfill_entries_split(entries, 0.25, 7, &rest, &again, &error));
  CHECK(rankfill_entries_count(again) == rankfill_entries_count(holdout));
  FAILS(rankfill_entries_split(entries, 1.5, 7, &train, &holdout, &error), RANKFILL_INVALID_ARGUMENT, "1.5");
  FAILS(rankfill_entries_split(entries, 0.5, 7, &train, NULL, &error), RANKFILL_INVALID_ARGUMENT, "holdout");
  FAILS(rankfill_entries_split_by_time(entries, 0.5, &train, &holdout, &error), RANKFILL_INVALID_DATA, "time");
  rankfill_entries_free(rest);
  rankfill_entries_free(again);
  rankfill_entries_free(train);
  rankfill_entries_free(holdout);
  rankfill_entries_free(entries);

  data.cols[1] = data.cols[0];
  data.rows[1] = data.rows[0];
  data.values[0] = 1;
  data.values[1] = 2;
  entries = entries_of(&data);
  FAILS(rankfill_entries_resolve_duplicates(entries, "first", &error), RANKFILL_INVALID_ARGUMENT,
        "duplicates = first: must be error, last or mean");
  FAILS(rankfill_entries_resolve_duplicates(entries, "error", &error), RANKFILL_INVALID_DATA, "more than once");
  OK(rankfill_entries_resolve_duplicates(entries, "mean", &error));
  CHECK(rankfill_entries_count(entries) == COUNT - 1);
  OK(rankfill_entries_copy(entries, NULL, NULL, data.values, &error));
  CHECK(data.values[0] == 1.5);
  rankfill_entries_free(entries);
}

void test_reading(void) {
  static char file[4096];
  rankfill_read_options* options = NULL;
  rankfill_entries *entries = NULL, *later = NULL, *train = NULL, *holdout = NULL;
  int64_t rows[3], cols[3];
  double values[3];
  strcpy(file, scratch("ratings.csv"));
  write_text(file, "ann;5;tea;11\nbob;3;tea;33\nann;-1;milk;22\n");
  FAILS(rankfill_entries_read(file, NULL, &entries, &error), RANKFILL_INVALID_DATA, "ratings.csv");
  CHECK(entries == NULL);

  OK(rankfill_read_options_new(&options, &error));
  OK(rankfill_read_options_set_text(options, "delimiter", ";", &error));
  OK(rankfill_read_options_set_text(options, "format", "delimited", &error));
  OK(rankfill_read_options_set_text(options, "duplicates", "last", &error));
  OK(rankfill_read_options_set_number(options, "header", 0, &error));
  OK(rankfill_read_options_set_number(options, "row_column", 1, &error));
  OK(rankfill_read_options_set_number(options, "col_column", 3, &error));
  OK(rankfill_read_options_set_number(options, "value_column", 2, &error));
  OK(rankfill_read_options_set_number(options, "time_column", 4, &error));
  OK(rankfill_read_options_set_number(options, "missing", -1, &error));
  FAILS(rankfill_read_options_set_number(options, "header", 2, &error), RANKFILL_INVALID_ARGUMENT,
        "header = 2: must be 0..1");
  FAILS(rankfill_read_options_set_text(options, "format", "xls", &error), RANKFILL_INVALID_ARGUMENT, "format = xls");
  FAILS(rankfill_read_options_set_number(options, "colour", 1, &error), RANKFILL_INVALID_ARGUMENT, "colour");
  OK(rankfill_entries_read(file, options, &entries, &error));
  CHECK(rankfill_entries_count(entries) == 3 && rankfill_entries_num_cols(entries) == 2);
  OK(rankfill_entries_copy(entries, rows, cols, values, &error));
  CHECK(rows[0] == 0 && rows[1] == 1 && rows[2] == 0 && cols[0] == 1 && cols[2] == 0 && values[2] == -1);
  OK(rankfill_entries_split_by_time(entries, 0.34, &train, &holdout, &error));
  OK(rankfill_entries_copy(holdout, rows, NULL, NULL, &error));
  CHECK(rankfill_entries_count(holdout) == 1 && rows[0] == 1); /* bob was the latest */

  write_text(file, "bob;1;beer;1\ncyd;2;tea;2\n");
  OK(rankfill_read_options_set_ids(options, RANKFILL_ROWS, rankfill_entries_ids(entries, RANKFILL_ROWS), &error));
  OK(rankfill_read_options_set_ids(options, RANKFILL_COLS, rankfill_entries_ids(entries, RANKFILL_COLS), &error));
  FAILS(rankfill_read_options_set_ids(options, 2, rankfill_entries_ids(entries, RANKFILL_COLS), &error),
        RANKFILL_INVALID_ARGUMENT, "side = 2");
  rankfill_entries_free(entries); /* the ids were copied */
  OK(rankfill_entries_read(file, options, &later, &error));
  OK(rankfill_entries_copy(later, rows, cols, NULL, &error));
  CHECK(rows[0] == 1 && cols[0] == -1 && rows[1] == -1 && cols[1] == 1);
  rankfill_entries_free(train);
  rankfill_entries_free(holdout);
  rankfill_entries_free(later);
  rankfill_read_options_free(options);
}
