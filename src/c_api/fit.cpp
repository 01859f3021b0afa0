// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "c_api/guard.hpp"
#include "c_api/handles.hpp"

namespace rankfill::c_api {

void fill(rankfill_iteration& row, const IterationSummary& from) {
  rankfill_iteration all{};
  all.size = std::min(row.size, sizeof all);
  all.iteration = from.iteration;
  all.objective = from.objective;
  all.relative_gradient = from.relative_gradient;
  all.train_rmse = from.train_rmse;
  all.holdout_rmse = from.holdout_rmse;
  all.passes = from.passes;
  all.seconds = from.seconds;
  std::memcpy(&row, &all, all.size);
}

namespace {

std::unique_ptr<rankfill_summary> handle_of(Summary&& summary) {
  auto made = std::make_unique<rankfill_summary>();
  made->summary = std::move(summary);
  for (const std::string& warning : made->summary.warnings)
    made->warnings += (made->warnings.empty() ? "" : "\n") + warning;
  if (made->summary.certificate) made->certificate = describe(*made->summary.certificate);
  if (made->summary.recovery) made->recovery = describe(*made->summary.recovery);
  return made;
}

struct NamedNumber {
  std::string_view name;
  double value;
};

struct NamedText {
  std::string_view name;
  const char* text;
};

template <class Named, std::size_t count>
const Named& find(const Named (&all)[count], std::string_view name) {
  const auto at = std::find_if(std::begin(all), std::end(all), [&](const Named& one) { return one.name == name; });
  if (at == std::end(all)) throw InvalidOption("name", std::string(name), "the summary has nothing of that name");
  return *at;
}

double number_in(const Summary& s, std::string_view name) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const auto certified = [&](auto Certificate::*member) {
    return s.certificate ? static_cast<double>((*s.certificate).*member) : none;
  };
  const auto recovered = [&](auto Recovery::*member) {
    return s.recovery ? static_cast<double>((*s.recovery).*member) : none;
  };
  const auto whole = [](auto value) { return static_cast<double>(value); };
  const NamedNumber numbers[] = {
      {"objective", s.objective},
      {"relative_gradient", s.relative_gradient},
      {"train_rmse", s.train_rmse},
      {"holdout_rmse", s.holdout_rmse},
      {"regularization", s.regularization},
      {"iterations", whole(s.iterations)},
      {"passes", s.passes},
      {"prepare_seconds", s.seconds.prepare},
      {"solve_seconds", s.seconds.solve},
      {"finish_seconds", s.seconds.finish},
      {"device_bytes", whole(s.device_bytes)},
      {"num_rows", whole(s.num_rows)},
      {"num_cols", whole(s.num_cols)},
      {"num_entries", whole(s.num_entries)},
      {"empty_rows", whole(s.empty_rows)},
      {"empty_cols", whole(s.empty_cols)},
      {"value_rms", s.value_rms},
      {"certificate.dual_objective", certified(&Certificate::dual_objective)},
      {"certificate.relative_gap", certified(&Certificate::relative_gap)},
      {"certificate.spectral_norm_ratio", certified(&Certificate::spectral_norm_ratio)},
      {"certificate.effective_rank", certified(&Certificate::effective_rank)},
      {"certificate.rank_too_small", certified(&Certificate::rank_too_small)},
      {"certificate.next_column_gain", certified(&Certificate::next_column_gain)},
      {"recovery.rank", recovered(&Recovery::rank)},
      {"recovery.oversampling", recovered(&Recovery::oversampling)},
      {"recovery.train_residual", recovered(&Recovery::train_residual)},
      {"recovery.check_residual", recovered(&Recovery::check_residual)},
  };
  return find(numbers, name).value;
}

const char* text_in(const rankfill_summary& all, std::string_view name) {
  const Summary& s = all.summary;
  const NamedText texts[] = {
      {"termination", to_string(s.termination).data()},
      {"message", s.message.c_str()},
      {"solver", s.solver_used.c_str()},
      {"solver_reason", s.solver_reason.c_str()},
      {"precision", s.precision_used.c_str()},
      {"formulation", s.formulation_used.c_str()},
      {"device", s.device_used.c_str()},
      {"warnings", all.warnings.c_str()},
      {"certificate", all.certificate.c_str()},
      {"recovery", all.recovery.c_str()},
      {"recovery.verdict", s.recovery ? to_string(s.recovery->verdict).data() : ""},
  };
  return find(texts, name).text;
}

/// What both ways of fitting have in common: solve(options, start), from handles to handles.
template <class Solve>
void fit(const rankfill_options* options, const rankfill_model* start, rankfill_model** model,
         rankfill_summary** summary, const Solve& solve) {
  need(model, "model");
  std::optional<Start> from;
  if (start) from = {start->model.row_factors, start->model.col_factors};
  Result result = solve(options ? options->resolved() : Options{}, from ? &*from : nullptr);
  auto fitted = std::make_unique<rankfill_model>(rankfill_model{std::move(result.model)});
  if (summary) hand_over(handle_of(std::move(result.summary)), summary);
  hand_over(std::move(fitted), model);
}

/// `Either`: a pointer to elements of 4 bytes or to such of 8.
template <class Either>
Either pointer(const void* array, std::int32_t bytes, const char* field) {
  if (bytes == 4) return static_cast<std::variant_alternative_t<0, Either>>(array);
  if (bytes == 8) return static_cast<std::variant_alternative_t<1, Either>>(array);
  throw InvalidOption(field, std::to_string(bytes), "must be 4 or 8");
}

DeviceEntries view_of(const rankfill_device_entries& given) {
  if (given.size < sizeof given)
    throw InvalidOption("train->size", std::to_string(given.size), "must be sizeof(rankfill_device_entries)");
  DeviceEntries view;
  view.num_rows = given.num_rows;
  view.num_cols = given.num_cols;
  view.num_entries = given.count;
  view.rows = pointer<DeviceIndices>(given.rows, given.index_bytes, "train->index_bytes");
  view.cols = pointer<DeviceIndices>(given.cols, given.index_bytes, "train->index_bytes");
  view.values = pointer<DeviceValues>(given.values, given.value_bytes, "train->value_bytes");
  view.stream = given.stream;
  return view;
}

}  // namespace

}  // namespace rankfill::c_api

using namespace rankfill::c_api;

rankfill_status rankfill_fit(const rankfill_entries* train, const rankfill_options* options,
                             const rankfill_entries* holdout, const rankfill_model* start, rankfill_model** model,
                             rankfill_summary** summary, rankfill_error** error) {
  return guarded(error, [&] {
    const rankfill::Entries& entries = need(train, "train").entries;
    fit(options, start, model, summary, [&](const rankfill::Options& wanted, const rankfill::Start* from) {
      return rankfill::solve(entries, wanted, holdout ? &holdout->entries : nullptr, from);
    });
  });
}

rankfill_status rankfill_fit_device(const rankfill_device_entries* train, const rankfill_options* options,
                                    const rankfill_entries* holdout, const rankfill_model* start,
                                    rankfill_model** model, rankfill_summary** summary, rankfill_error** error) {
  return guarded(error, [&] {
    const rankfill::DeviceEntries entries = view_of(need(train, "train"));
    const auto held = holdout ? rankfill::HeldOut(&holdout->entries) : rankfill::HeldOut();
    fit(options, start, model, summary, [&](const rankfill::Options& wanted, const rankfill::Start* from) {
      return rankfill::solve(entries, wanted, held, from);
    });
  });
}

rankfill_status rankfill_summary_number(const rankfill_summary* summary, const char* name, double* value,
                                        rankfill_error** error) {
  return guarded(error,
                 [&] { need(value, "value") = number_in(need(summary, "summary").summary, &need(name, "name")); });
}

rankfill_status rankfill_summary_text(const rankfill_summary* summary, const char* name, const char** text,
                                      rankfill_error** error) {
  return guarded(error, [&] { need(text, "text") = text_in(need(summary, "summary"), &need(name, "name")); });
}

int64_t rankfill_summary_history_count(const rankfill_summary* summary) {
  return summary ? std::ssize(summary->summary.history) : 0;
}

rankfill_status rankfill_summary_history(const rankfill_summary* summary, int64_t index, rankfill_iteration* row,
                                         rankfill_error** error) {
  return guarded(error, [&] {
    const auto& history = need(summary, "summary").summary.history;
    rankfill_iteration& out = need(row, "row");
    if (out.size < sizeof out.size)
      throw rankfill::InvalidOption("row->size", std::to_string(out.size), "must be sizeof(rankfill_iteration)");
    if (index < 0 || index >= std::ssize(history))
      throw rankfill::InvalidOption("index", std::to_string(index),
                                    "must be 0.." + std::to_string(std::ssize(history) - 1));
    fill(out, history[static_cast<std::size_t>(index)]);
  });
}

void rankfill_summary_free(rankfill_summary* summary) { delete summary; }
