// SPDX-License-Identifier: Apache-2.0
#include "cli/report.hpp"

namespace rankfill::cli {

std::string json_text(const Json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string json_line(const Json& json) { return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

Json parse_options_json(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json::object();
}

Json options_report(const Options& options, const Summary& summary) {
  const auto* descent = std::get_if<GradientDescentOptions>(&options.solver);
  Json json;
  json["rank"] = options.rank;
  json["regularization"] = summary.regularization;
  json["regularization_chosen"] = options.regularization < 0 ? "auto" : "user";
  json["convention"] = options.weighting == 0 ? "plain" : "weighted";
  json["weighting"] = options.weighting;
  json["center"] = to_string(options.center);
  json["bias_damping"] = options.bias_damping;
  json["init"] = to_string(options.init);
  json["solver"] = solver_name(options.solver);
  json["momentum"] = descent ? Json(descent->momentum) : Json();
  const auto* coordinates = std::get_if<CcdOptions>(&options.solver);
  json["inner_steps"] = coordinates ? Json(coordinates->inner_steps) : Json();
  json["cg_steps"] = std::visit(
      [](const auto& method) {
        if constexpr (requires { method.cg_steps; }) return method.cg_steps < 0 ? Json("auto") : Json(method.cg_steps);
        return Json();
      },
      options.solver);
  json["warm_up"] = options.warm_up.sweeps;
  json["warm_up_factor"] = options.warm_up.sweeps > 0 ? Json(options.warm_up.factor) : Json();
  json["warm_up_cg_steps"] = options.warm_up.sweeps == 0    ? Json()
                             : options.warm_up.cg_steps < 0 ? Json("auto")
                                                            : Json(options.warm_up.cg_steps);
  json["formulation"] = summary.formulation_used;
  json["device"] = to_string(options.device);
  json["precision"] = to_string(options.precision);
  json["threads"] = options.threads;
  json["seed"] = options.seed;
  json["max_iterations"] = options.max_iterations;
  json["gradient_tolerance"] = options.gradient_tolerance;
  json["holdout_tolerance"] = options.holdout_tolerance;
  json["patience"] = options.patience;
  json["keep_best"] = options.keep_best;
  json["certificate"] = options.certificate;
  json["grow_rank"] = options.grow_rank;
  json["recover"] = options.recover.has_value();
  return json;
}

Json history_report(const Summary& summary) {
  Json rows = Json::array();
  for (const IterationSummary& it : summary.history) {
    Json row;
    row["iteration"] = it.iteration;
    row["objective"] = it.objective;
    row["relative_gradient"] = it.relative_gradient;
    row["train_rmse"] = it.train_rmse;
    row["holdout_rmse"] = it.holdout_rmse;
    row["passes"] = it.passes;
    row["seconds"] = it.seconds;
    rows.push_back(std::move(row));
  }
  return rows;
}

Json certificate_report(const Summary& summary) {
  if (!summary.certificate) return {};
  const Certificate& c = *summary.certificate;
  Json json;
  json["objective"] = c.objective;
  json["dual_objective"] = c.dual_objective;
  json["relative_gap"] = c.relative_gap;
  json["spectral_norm_ratio"] = c.spectral_norm_ratio;
  json["spectral_norm_bound"] = c.spectral_norm_bound;
  json["lanczos_steps"] = c.lanczos_steps;
  json["rank"] = c.rank;
  json["effective_rank"] = c.effective_rank;
  json["next_column_gain"] = c.next_column_gain;
  json["rank_too_small"] = c.rank_too_small;
  json["relative_gradient"] = c.relative_gradient;
  json["message"] = describe(c);
  return json;
}

Json recovery_report(const Summary& summary) {
  if (!summary.recovery) return {};
  const Recovery& r = *summary.recovery;
  Json json;
  json["verdict"] = to_string(r.verdict);
  json["rank"] = r.rank;
  json["rank_estimated"] = r.rank_estimated;
  json["paths"] = r.paths;
  json["oversampling"] = r.oversampling;
  json["train_residual"] = r.train_residual;
  json["check_residual"] = r.check_residual;
  json["num_checked"] = r.num_checked;
  json["undetermined_rows"] = r.undetermined_rows;
  json["undetermined_cols"] = r.undetermined_cols;
  json["singular_values"] = r.singular_values;
  json["message"] = describe(r);
  return json;
}

Json memory_report(const Summary& summary) {
  if (!summary.memory_plan) return {};
  Json json;
  json["planned"] = summary.memory_plan->bytes();
  json["free"] = summary.device_free_bytes;
  json["held"] = summary.device_bytes;
  json["preparing"] = summary.memory_plan->preparing_bytes;
  json["solving"] = Json::object();
  for (const MemoryItem& item : summary.memory_plan->solving) json["solving"][item.purpose] = item.bytes;
  return json;
}

}  // namespace rankfill::cli
