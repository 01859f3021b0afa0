// SPDX-License-Identifier: Apache-2.0
#ifndef RANKFILL_RANKFILL_H
#define RANKFILL_RANKFILL_H

// The library for C99 and for whatever binds C.  docs/c_api.md is the tour; docs/math.md has the formulas.
//
// - Handles are opaque.  Who gets one through an out-parameter frees it, with the function of its type; NULL is freed
//   silently.  `const` handles that a function returns are views: they live as long as what they are views of.
// - What can fail returns a rankfill_status and takes `rankfill_error** error` last, which may be NULL.  When it is not,
//   *error must be NULL or an error of an earlier call: that one is freed first, so one variable serves many calls.
//   After a failure *error says why; after a success it is NULL.  Free the last one with rankfill_error_free.
//   Out-parameters are written by a success only, where no more is said.
// - There is no hidden state: neither globals nor thread-locals.  A handle may be read by many threads at once, and
//   changed (rankfill_options_set_..., rankfill_entries_resolve_duplicates) or freed by one while no other uses it.
// - Indices count from 0.  Texts are UTF-8 and end in a NUL; file names are the operating system's bytes.
// - The interface grows by functions, names of options and of numbers, and by members at the end of structs that tell
//   their size.  RANKFILL_ABI_VERSION rises when a program must be compiled anew.

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define RANKFILL_API __attribute__((visibility("default")))
#else
#define RANKFILL_API
#endif

#define RANKFILL_ABI_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/// What a call came to.  0..5 are also the exit codes of the command-line tool, where 6 is 1, and 7 and 8 are 4: docs/errors.md.
typedef int32_t rankfill_status;
enum {
  RANKFILL_OK = 0,
  RANKFILL_ERROR = 1,                 ///< another failure
  RANKFILL_INVALID_ARGUMENT = 2,      ///< an option or argument has a value that its rule forbids, or is NULL
  RANKFILL_INVALID_DATA = 3,          ///< the data or the file's contents cannot be used
  RANKFILL_DEVICE_ERROR = 4,          ///< a CUDA, cuBLAS or cuSPARSE call failed
  RANKFILL_FILE_ERROR = 5,            ///< a file cannot be opened, read or written
  RANKFILL_OUT_OF_MEMORY = 6,         ///< of the host
  RANKFILL_OUT_OF_DEVICE_MEMORY = 7,  ///< of the device
  RANKFILL_UNAVAILABLE = 8            ///< there is no such device, or this build has no CUDA half
};

/// The rows of the matrix, or its columns.
typedef int32_t rankfill_side;
enum { RANKFILL_ROWS = 0, RANKFILL_COLS = 1 };

typedef struct rankfill_error rankfill_error;                ///< why a call failed
typedef struct rankfill_ids rankfill_ids;                    ///< index <-> the name in the user's data
typedef struct rankfill_entries rankfill_entries;            ///< observed entries M_ij and the shape of M
typedef struct rankfill_read_options rankfill_read_options;  ///< how to read a file of entries
typedef struct rankfill_options rankfill_options;            ///< how to fit
typedef struct rankfill_summary rankfill_summary;            ///< what a fit did
typedef struct rankfill_model rankfill_model;                ///< what it gave: predicts, recommends, folds in

// ---- The library -----------------------------------------------------------------------------------------------

RANKFILL_API const char* rankfill_version(void);  ///< "0.1.0"
/// One line: version, compiler, CUDA version and architectures or "no CUDA".
RANKFILL_API const char* rankfill_build_info(void);
RANKFILL_API int32_t rankfill_abi_version(void);  ///< RANKFILL_ABI_VERSION of the library, not of this header
RANKFILL_API int32_t rankfill_built_with_cuda(void);
RANKFILL_API int32_t rankfill_cuda_device_count(void);  ///< those this process can use; 0 without a driver

// ---- Errors ----------------------------------------------------------------------------------------------------

RANKFILL_API rankfill_status rankfill_error_code(const rankfill_error* error);  ///< RANKFILL_OK for NULL
/// The library's own words, without a newline; "" for NULL.  Lives as long as the error.
RANKFILL_API const char* rankfill_error_message(const rankfill_error* error);
RANKFILL_API void rankfill_error_free(rankfill_error* error);

// ---- Ids -------------------------------------------------------------------------------------------------------

RANKFILL_API int64_t rankfill_ids_count(const rankfill_ids* ids);  ///< 0 for NULL
/// The index of an id, or -1 when it is not one of them.
RANKFILL_API int64_t rankfill_ids_find_number(const rankfill_ids* ids, int64_t id);
RANKFILL_API int64_t rankfill_ids_find_text(const rankfill_ids* ids, const char* id);
/// The id of `index` as text: writes at most `size` bytes, NUL included, and its whole length without NUL to *length,
/// as snprintf does.  `text` may be NULL when size is 0; `length` may be NULL.
RANKFILL_API rankfill_status rankfill_ids_name(const rankfill_ids* ids, int64_t index, char* text, size_t size,
                                               size_t* length, rankfill_error** error);

// ---- Entries ---------------------------------------------------------------------------------------------------
// Arrays are copied.  A row or column of -1 means "an id that training never saw"; held-out data and new rows may hold
// it, training data not.

/// From zero-based indices.  A shape holds at most 2^31 - 1 rows and columns.
RANKFILL_API rankfill_status rankfill_entries_from_indices(int64_t num_rows, int64_t num_cols, int64_t count,
                                                           const int64_t* rows, const int64_t* cols,
                                                           const double* values, rankfill_entries** entries,
                                                           rankfill_error** error);
RANKFILL_API rankfill_status rankfill_entries_from_indices_f32(int64_t num_rows, int64_t num_cols, int64_t count,
                                                               const int64_t* rows, const int64_t* cols,
                                                               const float* values, rankfill_entries** entries,
                                                               rankfill_error** error);

/// From ids, any 64-bit numbers or any texts, which are numbered in ascending order (of bytes).  With `known_rows` or
/// `known_cols`, which may be NULL, the entries get the indices of those ids, and -1 for any other id.
RANKFILL_API rankfill_status rankfill_entries_from_ids(int64_t count, const int64_t* rows, const int64_t* cols,
                                                       const double* values, const rankfill_ids* known_rows,
                                                       const rankfill_ids* known_cols, rankfill_entries** entries,
                                                       rankfill_error** error);
RANKFILL_API rankfill_status rankfill_entries_from_ids_f32(int64_t count, const int64_t* rows, const int64_t* cols,
                                                           const float* values, const rankfill_ids* known_rows,
                                                           const rankfill_ids* known_cols, rankfill_entries** entries,
                                                           rankfill_error** error);
RANKFILL_API rankfill_status rankfill_entries_from_texts(int64_t count, const char* const* rows,
                                                         const char* const* cols, const double* values,
                                                         const rankfill_ids* known_rows, const rankfill_ids* known_cols,
                                                         rankfill_entries** entries, rankfill_error** error);

/// From a file: delimited text, MatrixMarket, .npz, .npy.  docs/formats.md.  `options` may be NULL: look at the file.
RANKFILL_API rankfill_status rankfill_entries_read(const char* file, const rankfill_read_options* options,
                                                   rankfill_entries** entries, rankfill_error** error);

RANKFILL_API int64_t rankfill_entries_num_rows(const rankfill_entries* entries);  ///< 0 for NULL, as the next two
RANKFILL_API int64_t rankfill_entries_num_cols(const rankfill_entries* entries);
RANKFILL_API int64_t rankfill_entries_count(const rankfill_entries* entries);
RANKFILL_API const rankfill_ids* rankfill_entries_ids(const rankfill_entries* entries, rankfill_side side);
/// Copies the entries out; each array has room for rankfill_entries_count, or is NULL: not wanted.
RANKFILL_API rankfill_status rankfill_entries_copy(const rankfill_entries* entries, int64_t* rows, int64_t* cols,
                                                   double* values, rankfill_error** error);

/// What to do with a pair given twice: "error", "last", "mean".  Reading a file has done it.
RANKFILL_API rankfill_status rankfill_entries_resolve_duplicates(rankfill_entries* entries, const char* rule,
                                                                 rankfill_error** error);
/// Holds out each entry with probability `fraction`, by a hash of the seed and the ids; or the latest by time.
RANKFILL_API rankfill_status rankfill_entries_split(const rankfill_entries* entries, double fraction, uint64_t seed,
                                                    rankfill_entries** train, rankfill_entries** holdout,
                                                    rankfill_error** error);
RANKFILL_API rankfill_status rankfill_entries_split_by_time(const rankfill_entries* entries, double fraction,
                                                            rankfill_entries** train, rankfill_entries** holdout,
                                                            rankfill_error** error);
RANKFILL_API void rankfill_entries_free(rankfill_entries* entries);

/// Options of reading.  Numbers: "header" (0 or 1), "row_column", "col_column", "value_column", "time_column" (from 1),
/// "missing", "threads".  Texts: "format" (auto, delimited, mtx, npy, npz, rfe), "delimiter", "duplicates".
RANKFILL_API rankfill_status rankfill_read_options_new(rankfill_read_options** options, rankfill_error** error);
RANKFILL_API rankfill_status rankfill_read_options_set_number(rankfill_read_options* options, const char* name,
                                                              double value, rankfill_error** error);
RANKFILL_API rankfill_status rankfill_read_options_set_text(rankfill_read_options* options, const char* name,
                                                            const char* value, rankfill_error** error);
/// Gives the file the indices of these ids, -1 for any other.  They are copied.
RANKFILL_API rankfill_status rankfill_read_options_set_ids(rankfill_read_options* options, rankfill_side side,
                                                           const rankfill_ids* ids, rankfill_error** error);
RANKFILL_API void rankfill_read_options_free(rankfill_read_options* options);

// ---- Options of a fit ------------------------------------------------------------------------------------------

/// Options by name, as include/rankfill/options.hpp explains them; the values are judged by the call that uses them.
///
/// - Numbers: rank, regularization (negative: automatic), weighting (nu in [0, 1]), bias_damping, threads, seed,
///   max_iterations, gradient_tolerance, holdout_tolerance, patience.
/// - 0 or 1: keep_best, certificate, grow_rank, recover, recover.estimate_rank.
/// - Of recovery: recover.tolerance, recover.check_fraction, and a text: recover.center.
/// - Texts: solver, center, init, formulation, device, precision; regularization ("auto"), weighting ("plain", "count").
/// - Of the warm-up: warm_up.sweeps, warm_up.factor, warm_up.cg_steps.
/// - Numbers of the solver, to be set after it: momentum, memory, start_sweeps, cg_steps, inner_steps, epochs,
///   step_size.
///
/// set_integer and set_number serve all numbers alike: a whole double is an integer.  A seed from 2^53 on needs
/// set_integer.
RANKFILL_API rankfill_status rankfill_options_new(rankfill_options** options, rankfill_error** error);
RANKFILL_API rankfill_status rankfill_options_set_integer(rankfill_options* options, const char* name, int64_t value,
                                                          rankfill_error** error);
RANKFILL_API rankfill_status rankfill_options_set_number(rankfill_options* options, const char* name, double value,
                                                         rankfill_error** error);
RANKFILL_API rankfill_status rankfill_options_set_text(rankfill_options* options, const char* name, const char* value,
                                                       rankfill_error** error);

/// One row of the iteration table: the point at which iteration `iteration` begins.  `size` is set by who owns the memory:
/// the bytes of the struct that it knows.  Members beyond it are neither written nor to be read.
typedef struct rankfill_iteration {
  size_t size;
  int64_t iteration;
  double objective;
  double relative_gradient;
  double train_rmse;
  double holdout_rmse;  ///< NaN without held-out data
  double passes;        ///< over the entries, so far
  double seconds;       ///< since the solver started
} rankfill_iteration;

/// Called after each iteration, and in the end with the point that is returned, in the thread that called rankfill_fit.  Returns
/// 0 to go on, anything else to stop: the fit then succeeds, with the termination "stopped_by_callback".  It must return:
/// neither longjmp nor thread exit.
typedef int32_t (*rankfill_progress)(const rankfill_iteration* row, void* user_data);
/// `progress` may be NULL: none.  `user_data` is passed on and never looked at.
RANKFILL_API rankfill_status rankfill_options_set_progress(rankfill_options* options, rankfill_progress progress,
                                                           void* user_data, rankfill_error** error);
RANKFILL_API void rankfill_options_free(rankfill_options* options);

// ---- Fitting ---------------------------------------------------------------------------------------------------

/// Minimises Eq. 1 of docs/math.md.  The same data and options give the bits that the C++ library, the command line and
/// Python give.
///
/// May be NULL: `options` (the defaults), `holdout` (never fitted; ends the fit early and fills holdout_rmse), `start` (a
/// model whose factors the fit starts from), `summary` (not wanted).
RANKFILL_API rankfill_status rankfill_fit(const rankfill_entries* train, const rankfill_options* options,
                                          const rankfill_entries* holdout, const rankfill_model* start,
                                          rankfill_model** model, rankfill_summary** summary, rankfill_error** error);

/// Entries whose arrays are in the memory of one CUDA device.  `size` is set by who owns the struct: the bytes that it has.
typedef struct rankfill_device_entries {
  size_t size;
  int64_t num_rows;
  int64_t num_cols;
  int64_t count;
  const void* rows;     ///< `count` zero-based indices; on the device, as the next two
  const void* cols;     ///< and as many
  const void* values;   ///< and as many
  int32_t index_bytes;  ///< of one index: 4, int32_t, or 8, int64_t
  int32_t value_bytes;  ///< of one value: 4, float, or 8, double
  void* stream;  ///< the cudaStream_t that writes the arrays, of which what was enqueued before the call is waited for
} rankfill_device_entries;

/// rankfill_fit on the device that holds the arrays, which are only read and stay the caller's.  No entry passes through the host,
/// and the bits are those of rankfill_fit.  `recover` is for entries on the host alone.
RANKFILL_API rankfill_status rankfill_fit_device(const rankfill_device_entries* train, const rankfill_options* options,
                                                 const rankfill_entries* holdout, const rankfill_model* start,
                                                 rankfill_model** model, rankfill_summary** summary,
                                                 rankfill_error** error);

/// A number of the summary.  Of the returned model: "objective", "relative_gradient", "train_rmse", "holdout_rmse" (NaN:
/// none), "regularization" (that was used).  Of the way there: "iterations", "passes", "prepare_seconds",
/// "solve_seconds", "finish_seconds", "device_bytes".  Of the data: "num_rows", "num_cols", "num_entries", "empty_rows",
/// "empty_cols", "value_rms".
/// Where the option `certificate` asked for it, else NaN: "certificate.dual_objective", ".relative_gap",
/// ".spectral_norm_ratio", ".effective_rank", ".rank_too_small" (0 or 1), ".next_column_gain".
/// Where `recover` did, else NaN: "recovery.rank", ".oversampling", ".train_residual", ".check_residual".
RANKFILL_API rankfill_status rankfill_summary_number(const rankfill_summary* summary, const char* name, double* value,
                                                     rankfill_error** error);
/// A text of the summary, which lives as long as it: "termination", "message", "solver", "solver_reason", "precision",
/// "formulation", "device", "warnings" (one a line), "certificate" and "recovery" (one sentence, or ""),
/// "recovery.verdict" ("" without recovery).
RANKFILL_API rankfill_status rankfill_summary_text(const rankfill_summary* summary, const char* name, const char** text,
                                                   rankfill_error** error);
/// Rows of the table; 0 for NULL.
RANKFILL_API int64_t rankfill_summary_history_count(const rankfill_summary* summary);
/// Row `index` of the table.  Set row->size to sizeof *row first; it comes back as the bytes that were filled.
RANKFILL_API rankfill_status rankfill_summary_history(const rankfill_summary* summary, int64_t index,
                                                      rankfill_iteration* row, rankfill_error** error);
RANKFILL_API void rankfill_summary_free(rankfill_summary* summary);

// ---- Models ----------------------------------------------------------------------------------------------------
// prediction(i, j) = mean + row bias i + column bias j + <u_i, v_j>; what training never saw counts as zero.

RANKFILL_API int64_t rankfill_model_num_rows(const rankfill_model* model);  ///< 0 for NULL, as the next three
RANKFILL_API int64_t rankfill_model_num_cols(const rankfill_model* model);
RANKFILL_API int32_t rankfill_model_rank(const rankfill_model* model);
RANKFILL_API double rankfill_model_mean(const rankfill_model* model);
RANKFILL_API int32_t rankfill_model_is_float32(const rankfill_model* model);  ///< else the factors are float64
RANKFILL_API const rankfill_ids* rankfill_model_ids(const rankfill_model* model, rankfill_side side);

/// Copies U (num_rows x rank) or V (num_cols x rank) out, row by row; `room` is what `factors` has room for.
RANKFILL_API rankfill_status rankfill_model_copy_factors(const rankfill_model* model, rankfill_side side,
                                                         double* factors, int64_t room, rankfill_error** error);
RANKFILL_API rankfill_status rankfill_model_copy_factors_f32(const rankfill_model* model, rankfill_side side,
                                                             float* factors, int64_t room, rankfill_error** error);
/// Copies the biases of a side out: num_rows or num_cols numbers, zeros where the model has none.
RANKFILL_API rankfill_status rankfill_model_copy_bias(const rankfill_model* model, rankfill_side side, double* bias,
                                                      int64_t room, rankfill_error** error);

/// Predictions for `count` pairs; -1 means unseen.  Parallel.
RANKFILL_API rankfill_status rankfill_model_predict(const rankfill_model* model, int64_t count, const int64_t* rows,
                                                    const int64_t* cols, double* predictions, rankfill_error** error);
/// RMSE and MAE of the predictions of `entries`; either may be NULL.
RANKFILL_API rankfill_status rankfill_model_evaluate(const rankfill_model* model, const rankfill_entries* entries,
                                                     double* rmse, double* mae, rankfill_error** error);
/// The `count` best columns of each of `num_asked` rows, best first, ties by smaller index: num_asked x count columns
/// and predictions, padded with -1 and NaN.  Leaves out the columns where the row has an entry in `seen`, which may be NULL.
/// Parallel.
RANKFILL_API rankfill_status rankfill_model_recommend(const rankfill_model* model, int64_t num_asked,
                                                      const int64_t* rows, int32_t count, const rankfill_entries* seen,
                                                      int64_t* cols, double* predictions, rankfill_error** error);
/// A model of new rows, with the columns, mean and column biases of `model`: their factors are found with all else held, by
/// the row half of one ALS sweep.  The columns of `rows` are the model's, or -1.  Of `options`, "regularization",
/// "weighting", "bias_damping" and "threads" count; NULL: as `model` was fitted.
RANKFILL_API rankfill_status rankfill_model_fold_in(const rankfill_model* model, const rankfill_entries* rows,
                                                    const rankfill_options* options, rankfill_model** folded,
                                                    rankfill_error** error);

/// An .npz that numpy.load, the command line and Python open.  An old file is replaced whole or not at all.
RANKFILL_API rankfill_status rankfill_model_save(const rankfill_model* model, const char* file, rankfill_error** error);
RANKFILL_API rankfill_status rankfill_model_load(const char* file, rankfill_model** model, rankfill_error** error);
RANKFILL_API void rankfill_model_free(rankfill_model* model);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif
