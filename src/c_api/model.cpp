// SPDX-License-Identifier: Apache-2.0
#include "rankfill/model.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "c_api/guard.hpp"
#include "c_api/handles.hpp"
#include "rankfill/recommend.hpp"

namespace rankfill::c_api {

namespace {

void need_room(std::int64_t room, std::int64_t needed) {
  if (room < needed) throw InvalidOption("room", std::to_string(room), "must be at least " + std::to_string(needed));
}

template <class T>
void copy_factors(const rankfill_model* model, rankfill_side side, T* out, std::int64_t room) {
  const Model& m = need(model, "model").model;
  need_side(side);
  const FactorMatrix& factors = side == RANKFILL_ROWS ? m.row_factors : m.col_factors;
  need_room(room, factors.num_rows * factors.rank);
  need_array(out, factors.num_rows * factors.rank, "factors");
  std::visit(
      [&](const auto& values) {
        std::transform(values.begin(), values.end(), out, [](auto value) { return static_cast<T>(value); });
      },
      factors.values);
}

/// As the model says it was fitted; what it does not say stays at its default.
FoldInOptions options_of(const Model& model) {
  FoldInOptions options;
  const auto said = nlohmann::json::parse(model.options_json, nullptr, false);
  if (!said.is_object() || !said.contains("regularization") || !said["regularization"].is_number())
    throw InvalidOption("options", "NULL", "the model does not say what it was fitted with; give them");
  options.regularization = said["regularization"].get<double>();
  const auto number = [&](const char* name, double otherwise) {
    return said.contains(name) && said[name].is_number() ? said[name].get<double>() : otherwise;
  };
  options.weighting = number("weighting", options.weighting);
  options.bias_damping = number("bias_damping", options.bias_damping);
  return options;
}

}  // namespace

}  // namespace rankfill::c_api

using namespace rankfill::c_api;

int64_t rankfill_model_num_rows(const rankfill_model* model) { return model ? model->model.num_rows() : 0; }

int64_t rankfill_model_num_cols(const rankfill_model* model) { return model ? model->model.num_cols() : 0; }

int32_t rankfill_model_rank(const rankfill_model* model) { return model ? model->model.rank() : 0; }

double rankfill_model_mean(const rankfill_model* model) { return model ? model->model.mean : 0; }

int32_t rankfill_model_is_float32(const rankfill_model* model) {
  return model && model->model.row_factors.is_float32() ? 1 : 0;
}

const rankfill_ids* rankfill_model_ids(const rankfill_model* model, rankfill_side side) {
  if (!model || (side != RANKFILL_ROWS && side != RANKFILL_COLS)) return nullptr;
  return view(side == RANKFILL_ROWS ? model->model.row_ids : model->model.col_ids);
}

rankfill_status rankfill_model_copy_factors(const rankfill_model* model, rankfill_side side, double* factors,
                                            int64_t room, rankfill_error** error) {
  return guarded(error, [&] { copy_factors(model, side, factors, room); });
}

rankfill_status rankfill_model_copy_factors_f32(const rankfill_model* model, rankfill_side side, float* factors,
                                                int64_t room, rankfill_error** error) {
  return guarded(error, [&] { copy_factors(model, side, factors, room); });
}

rankfill_status rankfill_model_copy_bias(const rankfill_model* model, rankfill_side side, double* bias, int64_t room,
                                         rankfill_error** error) {
  return guarded(error, [&] {
    const rankfill::Model& m = need(model, "model").model;
    need_side(side);
    const std::vector<double>& from = side == RANKFILL_ROWS ? m.row_bias : m.col_bias;
    const int64_t size = side == RANKFILL_ROWS ? m.num_rows() : m.num_cols();
    need_room(room, size);
    need_array(bias, size, "bias");
    std::fill_n(bias, size, 0.0);
    std::copy(from.begin(), from.end(), bias);
  });
}

rankfill_status rankfill_model_predict(const rankfill_model* model, int64_t count, const int64_t* rows,
                                       const int64_t* cols, double* predictions, rankfill_error** error) {
  return guarded(error, [&] {
    const rankfill::Model& m = need(model, "model").model;
    need_array(rows, count, "rows");
    need_array(cols, count, "cols");
    need_array(predictions, count, "predictions");
    const auto narrow_rows = narrowed(rows, count, -1, m.num_rows(), "row");
    const auto narrow_cols = narrowed(cols, count, -1, m.num_cols(), "column");
    m.predict(narrow_rows, narrow_cols, {predictions, static_cast<size_t>(count)});
  });
}

rankfill_status rankfill_model_evaluate(const rankfill_model* model, const rankfill_entries* entries, double* rmse,
                                        double* mae, rankfill_error** error) {
  return guarded(error, [&] {
    const auto measured = rankfill::evaluate(need(model, "model").model, need(entries, "entries").entries);
    if (rmse) *rmse = measured.rmse;
    if (mae) *mae = measured.mae;
  });
}

rankfill_status rankfill_model_recommend(const rankfill_model* model, int64_t num_asked, const int64_t* rows,
                                         int32_t count, const rankfill_entries* seen, int64_t* cols,
                                         double* predictions, rankfill_error** error) {
  return guarded(error, [&] {
    const rankfill::Model& m = need(model, "model").model;
    need_array(rows, num_asked, "rows");
    need_array(cols, count > 0 ? num_asked : count, "cols");
    need_array(predictions, count > 0 ? num_asked : count, "predictions");
    const auto asked = narrowed(rows, num_asked, 0, m.num_rows(), "row");
    const std::vector<std::int64_t> wanted(asked.begin(), asked.end());
    const auto best =
        rankfill::recommend(m, wanted, count, seen ? rankfill::SeenColumns(seen->entries, m) : rankfill::SeenColumns());
    for (std::size_t k = 0; k < best.size(); ++k)
      for (std::size_t t = 0; t < static_cast<std::size_t>(std::max(count, 0)); ++t) {
        const bool there = t < best[k].size();
        const std::size_t at = k * static_cast<std::size_t>(count) + t;
        cols[at] = there ? best[k][t].col : -1;
        predictions[at] = there ? best[k][t].value : std::numeric_limits<double>::quiet_NaN();
      }
  });
}

rankfill_status rankfill_model_fold_in(const rankfill_model* model, const rankfill_entries* rows,
                                       const rankfill_options* options, rankfill_model** folded,
                                       rankfill_error** error) {
  return guarded(error, [&] {
    const rankfill::Model& m = need(model, "model").model;
    const rankfill::Entries& entries = need(rows, "rows").entries;
    need(folded, "folded");
    rankfill::FoldInOptions told;
    if (options) {
      const rankfill::Options& o = options->options;
      told = {o.regularization, o.weighting, o.bias_damping, o.threads};
    } else {
      told = options_of(m);
    }
    rankfill::FoldedRows found = rankfill::fold_in(m, entries, told);
    auto made = std::make_unique<rankfill_model>(
        rankfill_model{{std::move(found.row_factors), m.col_factors, m.mean, std::move(found.row_bias), m.col_bias,
                        entries.row_ids, m.col_ids, m.options_json}});
    hand_over(std::move(made), folded);
  });
}

rankfill_status rankfill_model_save(const rankfill_model* model, const char* file, rankfill_error** error) {
  return guarded(error, [&] { rankfill::save_model(need(model, "model").model, &need(file, "file")); });
}

rankfill_status rankfill_model_load(const char* file, rankfill_model** model, rankfill_error** error) {
  return guarded(error, [&] {
    need(file, "file");
    need(model, "model");
    hand_over(std::make_unique<rankfill_model>(rankfill_model{rankfill::load_model(file)}), model);
  });
}

void rankfill_model_free(rankfill_model* model) { delete model; }
