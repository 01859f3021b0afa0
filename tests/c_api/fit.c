/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "check.h"
#include "reference.h"

static made_up data;

static rankfill_options* small(void) {
  rankfill_options* options = NULL;
  OK(rankfill_options_new(&options, &error));
  OK(rankfill_options_set_integer(options, "rank", 2, &error));
  OK(rankfill_options_set_text(options, "device", "cpu", &error));
  return options;
}

static double number(const rankfill_summary* summary, const char* name) {
  double value = -1;
  OK(rankfill_summary_number(summary, name, &value, &error));
  return value;
}

static const char* text(const rankfill_summary* summary, const char* name) {
  const char* said = NULL;
  OK(rankfill_summary_text(summary, name, &said, &error));
  return said ? said : "";
}

void test_options(void) {
  rankfill_options* options = small();
  const char* integers[] = {
      "threads",   "seed",    "max_iterations",        "patience",       "keep_best",       "certificate",
      "grow_rank", "recover", "recover.estimate_rank", "warm_up.sweeps", "warm_up.cg_steps"};
  const char* numbers[] = {"regularization",    "weighting",         "bias_damping",           "gradient_tolerance",
                           "holdout_tolerance", "recover.tolerance", "recover.check_fraction", "warm_up.factor"};
  const char* names[][2] = {{"solver", "als"},      {"center", "bias"},         {"formulation", "entries"},
                            {"device", "cuda:1"},   {"precision", "float64"},   {"recover.center", "mean"},
                            {"weighting", "count"}, {"regularization", "auto"}, {"init", "sketch"}};
  size_t k;
  for (k = 0; k < sizeof integers / sizeof *integers; ++k) {
    OK(rankfill_options_set_integer(options, integers[k], 1, &error));
    OK(rankfill_options_set_number(options, integers[k], 1, &error));
    FAILS(rankfill_options_set_number(options, integers[k], 0.5, &error), RANKFILL_INVALID_ARGUMENT,
          "must be a whole number");
    FAILS(rankfill_options_set_number(options, integers[k], NAN, &error), RANKFILL_INVALID_ARGUMENT,
          "must be a whole number");
    FAILS(rankfill_options_set_text(options, integers[k], "1", &error), RANKFILL_INVALID_ARGUMENT, "not a text");
  }
  for (k = 0; k < sizeof numbers / sizeof *numbers; ++k) {
    OK(rankfill_options_set_number(options, numbers[k], 0.5, &error));
    OK(rankfill_options_set_integer(options, numbers[k], 1, &error));
  }
  for (k = 0; k < sizeof names / sizeof *names; ++k) {
    OK(rankfill_options_set_text(options, names[k][0], names[k][1], &error));
    FAILS(rankfill_options_set_text(options, names[k][0], "rubbish", &error), RANKFILL_INVALID_ARGUMENT, "rubbish");
  }
  FAILS(rankfill_options_set_integer(options, "rank", (int64_t)1 << 40, &error), RANKFILL_INVALID_ARGUMENT,
        "rank = 1099511627776: must be");
  FAILS(rankfill_options_set_integer(options, "seed", -1, &error), RANKFILL_INVALID_ARGUMENT, "seed = -1");
  FAILS(rankfill_options_set_number(options, "solver", 1, &error), RANKFILL_INVALID_ARGUMENT, "not a number");
  FAILS(rankfill_options_set_number(options, "rnak", 1, &error), RANKFILL_INVALID_ARGUMENT,
        "rnak = 1: there is no option of that name");

  /* The numbers of a method are those of the method that is set. */
  OK(rankfill_options_set_text(options, "solver", "gd", &error));
  OK(rankfill_options_set_number(options, "momentum", 0.5, &error));
  FAILS(rankfill_options_set_number(options, "memory", 5, &error), RANKFILL_INVALID_ARGUMENT, "memory");
  OK(rankfill_options_set_text(options, "solver", "vp-lbfgs", &error));
  OK(rankfill_options_set_integer(options, "memory", 3, &error));
  OK(rankfill_options_set_integer(options, "start_sweeps", 1, &error));
  OK(rankfill_options_set_integer(options, "cg_steps", 0, &error));
  OK(rankfill_options_set_text(options, "solver", "ccd", &error));
  OK(rankfill_options_set_integer(options, "inner_steps", 2, &error));
  rankfill_options_free(options);
}

void test_same_bits(void) {
  enum { RANK = 4 };
  static float u[NUM_ROWS * RANK], v[NUM_COLS * RANK], u_there[NUM_ROWS * RANK], v_there[NUM_COLS * RANK];
  const char* solvers[] = {"auto", "als", "vp-lbfgs", "nesterov-als", "s-lbfgs", "ccd"};
  size_t s;
  make_up(&data);
  for (s = 0; s < sizeof solvers / sizeof *solvers; ++s) {
    const uint64_t seed = 12345678901234567u;
    double objective = 0;
    rankfill_entries* entries = entries_of(&data);
    rankfill_options* options = small();
    rankfill_model* model = NULL;
    rankfill_summary* summary = NULL;
    OK(rankfill_options_set_integer(options, "rank", RANK, &error));
    OK(rankfill_options_set_number(options, "regularization", 0.3, &error));
    OK(rankfill_options_set_text(options, "weighting", "count", &error));
    OK(rankfill_options_set_integer(options, "seed", (int64_t)seed, &error));
    OK(rankfill_options_set_text(options, "solver", solvers[s], &error));
    OK(rankfill_fit(entries, options, NULL, NULL, &model, &summary, &error));
    OK(rankfill_model_copy_factors_f32(model, RANKFILL_ROWS, u, NUM_ROWS * RANK, &error));
    OK(rankfill_model_copy_factors_f32(model, RANKFILL_COLS, v, NUM_COLS * RANK, &error));
    CHECK(reference_fit(&data, solvers[s], RANK, 0.3, 1, seed, u_there, v_there, &objective));
    CHECK(memcmp(u, u_there, sizeof u) == 0 && memcmp(v, v_there, sizeof v) == 0);
    CHECK(number(summary, "objective") == objective && u[0] != 0);
    rankfill_summary_free(summary);
    rankfill_model_free(model);
    rankfill_options_free(options);
    rankfill_entries_free(entries);
  }
}

typedef struct {
  int64_t calls, stop_after;
  double objective, seconds;
} listener;

static int32_t listen(const rankfill_iteration* row, void* user_data) {
  listener* mine = (listener*)user_data;
  CHECK(row->size == sizeof *row && row->iteration == mine->calls);
  CHECK(row->objective > 0 && row->seconds >= mine->seconds && isnan(row->holdout_rmse));
  mine->objective = row->objective;
  mine->seconds = row->seconds;
  return ++mine->calls == mine->stop_after;
}

void test_progress(void) {
  listener all = {0, -1, 0, 0}, stopping = {0, 3, 0, 0};
  rankfill_entries* entries;
  rankfill_options* options = small();
  rankfill_model* model = NULL;
  rankfill_summary* summary = NULL;
  make_up(&data);
  entries = entries_of(&data);
  OK(rankfill_options_set_text(options, "solver", "als", &error));
  OK(rankfill_options_set_number(options, "regularization", 0.1, &error));
  OK(rankfill_options_set_number(options, "gradient_tolerance", 0, &error));
  OK(rankfill_options_set_integer(options, "max_iterations", 6, &error));
  OK(rankfill_options_set_progress(options, listen, &all, &error));
  OK(rankfill_fit(entries, options, NULL, NULL, &model, &summary, &error));
  CHECK(all.calls == rankfill_summary_history_count(summary));
  CHECK(strcmp(text(summary, "termination"), "max_iterations") == 0);
  rankfill_summary_free(summary);
  rankfill_model_free(model);

  OK(rankfill_options_set_progress(options, listen, &stopping, &error));
  OK(rankfill_fit(entries, options, NULL, NULL, &model, &summary, &error));
  /* the last call is of the point that is returned */
  CHECK(stopping.calls == 4 && strcmp(text(summary, "termination"), "stopped_by_callback") == 0);
  CHECK(stopping.objective == number(summary, "objective"));
  CHECK(number(summary, "iterations") == 3);
  rankfill_summary_free(summary);
  rankfill_model_free(model);

  OK(rankfill_options_set_progress(options, NULL, NULL, &error));
  OK(rankfill_fit(entries, options, NULL, NULL, &model, NULL, &error));
  CHECK(stopping.calls == 4);
  rankfill_model_free(model);
  rankfill_options_free(options);
  rankfill_entries_free(entries);
}

void test_summary(void) {
  const char* numbers[] = {"objective",
                           "relative_gradient",
                           "train_rmse",
                           "regularization",
                           "iterations",
                           "passes",
                           "prepare_seconds",
                           "solve_seconds",
                           "finish_seconds",
                           "device_bytes",
                           "num_rows",
                           "num_cols",
                           "num_entries",
                           "empty_rows",
                           "empty_cols",
                           "value_rms",
                           "certificate.dual_objective",
                           "certificate.relative_gap",
                           "certificate.spectral_norm_ratio",
                           "certificate.effective_rank",
                           "certificate.rank_too_small",
                           "certificate.next_column_gain"};
  const char* absent[] = {"holdout_rmse", "recovery.rank", "recovery.oversampling", "recovery.train_residual",
                          "recovery.check_residual"};
  const char* texts[] = {"termination", "message",  "solver",      "solver_reason", "precision",       "formulation",
                         "device",      "warnings", "certificate", "recovery",      "recovery.verdict"};
  struct {
    rankfill_iteration row;
    double after;
  } guarded_row = {{sizeof(rankfill_iteration), 0, 0, 0, 0, 0, 0, 0}, 42};
  rankfill_iteration old = {offsetof(rankfill_iteration, relative_gradient), 0, 0, -5, -5, -5, -5, -5};
  double value = 0;
  const char* said = NULL;
  size_t k;
  rankfill_entries* entries;
  rankfill_options* options = small();
  rankfill_model* model = NULL;
  rankfill_summary* summary = NULL;
  make_up(&data);
  entries = entries_of(&data);
  OK(rankfill_options_set_number(options, "regularization", 0.5, &error));
  OK(rankfill_options_set_number(options, "gradient_tolerance", 1e-8, &error));
  OK(rankfill_options_set_integer(options, "certificate", 1, &error));
  OK(rankfill_fit(entries, options, NULL, NULL, &model, &summary, &error));
  for (k = 0; k < sizeof numbers / sizeof *numbers; ++k) CHECK(number(summary, numbers[k]) >= 0);
  for (k = 0; k < sizeof absent / sizeof *absent; ++k) CHECK(isnan(number(summary, absent[k])));
  for (k = 0; k < sizeof texts / sizeof *texts; ++k) text(summary, texts[k]);
  CHECK(number(summary, "num_entries") == COUNT && number(summary, "regularization") == 0.5);
  CHECK(strcmp(text(summary, "termination"), "gradient_tolerance") == 0);
  CHECK(strstr(text(summary, "device"), "cpu") != NULL && strstr(text(summary, "certificate"), "optimum") != NULL);
  /* the data are the mean and one product: with lambda > 0 rank 2 holds the optimum */
  CHECK(number(summary, "certificate.relative_gap") < 1e-6 && number(summary, "certificate.rank_too_small") == 0);
  FAILS(rankfill_summary_number(summary, "termination", &value, &error), RANKFILL_INVALID_ARGUMENT, "termination");
  FAILS(rankfill_summary_text(summary, "objective", &said, &error), RANKFILL_INVALID_ARGUMENT, "objective");
  FAILS(rankfill_summary_number(summary, "objective", NULL, &error), RANKFILL_INVALID_ARGUMENT, "value");

  /* Rows go into structs of any size that a program was compiled with. */
  OK(rankfill_summary_history(summary, 0, &guarded_row.row, &error));
  CHECK(guarded_row.after == 42 && guarded_row.row.size == sizeof(rankfill_iteration));
  CHECK(guarded_row.row.iteration == 0 && guarded_row.row.objective >= number(summary, "objective"));
  OK(rankfill_summary_history(summary, 0, &old, &error));
  CHECK(old.objective == guarded_row.row.objective && old.relative_gradient == -5 && old.seconds == -5);
  guarded_row.row.size = sizeof guarded_row;
  OK(rankfill_summary_history(summary, 0, &guarded_row.row, &error));
  CHECK(guarded_row.after == 42 && guarded_row.row.size == sizeof(rankfill_iteration));
  FAILS(rankfill_summary_history(summary, rankfill_summary_history_count(summary), &old, &error),
        RANKFILL_INVALID_ARGUMENT, "index");
  old.size = 0;
  FAILS(rankfill_summary_history(summary, 0, &old, &error), RANKFILL_INVALID_ARGUMENT, "row->size = 0");
  rankfill_summary_free(summary);
  rankfill_model_free(model);

  OK(rankfill_options_set_integer(options, "certificate", 0, &error));
  OK(rankfill_options_set_text(options, "regularization", "auto", &error));
  OK(rankfill_options_set_integer(options, "recover", 1, &error));
  OK(rankfill_options_set_text(options, "recover.center", "mean", &error));
  OK(rankfill_fit(entries, options, NULL, NULL, &model, &summary, &error));
  CHECK(number(summary, "recovery.rank") == 2 && number(summary, "recovery.train_residual") <= 1e-12);
  CHECK(strcmp(text(summary, "recovery.verdict"), "recovered") == 0);
  rankfill_summary_free(summary);
  rankfill_model_free(model);
  rankfill_options_free(options);
  rankfill_entries_free(entries);
}

void test_holdout(void) {
  rankfill_entries *entries, *train = NULL, *holdout = NULL;
  rankfill_options* options = small();
  rankfill_model *model = NULL, *next = NULL;
  rankfill_summary* summary = NULL;
  rankfill_iteration first = {sizeof(rankfill_iteration), 0, 0, 0, 0, 0, 0, 0};
  double rmse = 0, mae = 0;
  make_up(&data);
  entries = entries_of(&data);
  OK(rankfill_entries_split(entries, 0.2, 1, &train, &holdout, &error));
  OK(rankfill_options_set_number(options, "regularization", 0.01, &error));
  OK(rankfill_fit(train, options, holdout, NULL, &model, &summary, &error));
  OK(rankfill_model_evaluate(model, holdout, &rmse, &mae, &error));
  /* float32 residuals of values below 4 */
  CHECK(fabs(rmse - number(summary, "holdout_rmse")) <= 4 * 1.2e-7 * 16 && mae > 0 && mae <= rmse);
  CHECK(rmse < 0.1);
  OK(rankfill_model_evaluate(model, holdout, NULL, NULL, &error));
  rankfill_summary_free(summary);

  /* A fit that starts from a model begins where that one ended. */
  OK(rankfill_model_evaluate(model, train, &rmse, NULL, &error));
  OK(rankfill_fit(train, options, NULL, model, &next, &summary, &error));
  OK(rankfill_summary_history(summary, 0, &first, &error));
  CHECK(fabs(first.train_rmse - rmse) <= 4 * 1.2e-7 * 16);
  rankfill_model_free(next);
  next = NULL;
  OK(rankfill_options_set_integer(options, "rank", 3, &error));
  FAILS(rankfill_fit(train, options, NULL, model, &next, NULL, &error), RANKFILL_INVALID_ARGUMENT, "must be 40 x 3");
  CHECK(next == NULL);
  rankfill_summary_free(summary);
  rankfill_model_free(model);
  rankfill_options_free(options);
  rankfill_entries_free(holdout);
  rankfill_entries_free(train);
  rankfill_entries_free(entries);
}

/* There is no device to put arrays on: what is said of that, and of rubbish. */
void test_device_arrays(void) {
  rankfill_device_entries train = {
      sizeof(rankfill_device_entries), NUM_ROWS, NUM_COLS, COUNT, NULL, NULL, NULL, 8, 8, NULL};
  rankfill_options* options = NULL;
  rankfill_model* model = NULL;
  make_up(&data);
  train.rows = data.rows;
  train.cols = data.cols;
  train.values = data.values;
  if (rankfill_cuda_device_count() == 0)
    FAILS(
        rankfill_fit_device(&train, NULL, NULL, NULL, &model, NULL, &error), RANKFILL_UNAVAILABLE,
        rankfill_built_with_cuda() ? "no CUDA device or driver was found" : "this build of rankfill has no CUDA half");
  else
    FAILS(rankfill_fit_device(&train, NULL, NULL, NULL, &model, NULL, &error), RANKFILL_INVALID_DATA,
          "is not in the memory of a CUDA device");

  options = small(); /* device = cpu */
  FAILS(rankfill_fit_device(&train, options, NULL, NULL, &model, NULL, &error), RANKFILL_INVALID_ARGUMENT,
        "device = cpu: the entries are on a CUDA device");
  OK(rankfill_options_set_text(options, "device", "auto", &error));
  OK(rankfill_options_set_integer(options, "recover", 1, &error));
  FAILS(rankfill_fit_device(&train, options, NULL, NULL, &model, NULL, &error), RANKFILL_INVALID_ARGUMENT,
        "recover = given");
  FAILS(rankfill_fit_device(NULL, NULL, NULL, NULL, &model, NULL, &error), RANKFILL_INVALID_ARGUMENT, "train");
  FAILS(rankfill_fit_device(&train, NULL, NULL, NULL, NULL, NULL, &error), RANKFILL_INVALID_ARGUMENT, "model");
  train.index_bytes = 2;
  FAILS(rankfill_fit_device(&train, NULL, NULL, NULL, &model, NULL, &error), RANKFILL_INVALID_ARGUMENT,
        "train->index_bytes = 2: must be 4 or 8");
  train.index_bytes = 4;
  train.value_bytes = 16;
  FAILS(rankfill_fit_device(&train, NULL, NULL, NULL, &model, NULL, &error), RANKFILL_INVALID_ARGUMENT,
        "train->value_bytes = 16");
  train.size = 8;
  FAILS(rankfill_fit_device(&train, NULL, NULL, NULL, &model, NULL, &error), RANKFILL_INVALID_ARGUMENT,
        "train->size = 8: must be sizeof(rankfill_device_entries)");
  CHECK(model == NULL);
  rankfill_options_free(options);
}
