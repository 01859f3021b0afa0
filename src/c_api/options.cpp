// SPDX-License-Identifier: Apache-2.0
#include "rankfill/options.hpp"

#include <memory>
#include <variant>

#include "c_api/guard.hpp"
#include "c_api/handles.hpp"
#include "c_api/settings.hpp"

namespace rankfill::c_api {

namespace {

/// A setting of the method itself.
bool set_solver_option(SolverOptions& solver, const Setting& given) {
  return std::visit(
      [&](auto& method) {
        bool found = false;
        if constexpr (requires { method.momentum; }) found = found || given.goes_to("momentum", method.momentum);
        if constexpr (requires { method.memory; }) found = found || given.goes_to("memory", method.memory);
        if constexpr (requires { method.start_sweeps; })
          found = found || given.goes_to("start_sweeps", method.start_sweeps);
        if constexpr (requires { method.cg_steps; }) found = found || given.goes_to("cg_steps", method.cg_steps);
        if constexpr (requires { method.inner_steps; })
          found = found || given.goes_to("inner_steps", method.inner_steps);
        if constexpr (requires { method.epochs; }) found = found || given.goes_to("epochs", method.epochs);
        if constexpr (requires { method.step_size; }) found = found || given.goes_to("step_size", method.step_size);
        return found;
      },
      solver);
}

double parse_regularization(const std::string& text) {
  if (text != "auto") throw InvalidOption("regularization", text, "must be a number >= 0, or auto");
  return -1;
}

bool set_number(rankfill_options& all, const Setting& given) {
  Options& o = all.options;
  return given.goes_to("rank", o.rank) || given.goes_to("regularization", o.regularization) ||
         given.goes_to("weighting", o.weighting) || given.goes_to("bias_damping", o.bias_damping) ||
         given.goes_to("threads", o.threads) || given.goes_to("seed", o.seed) ||
         given.goes_to("max_iterations", o.max_iterations) ||
         given.goes_to("gradient_tolerance", o.gradient_tolerance) ||
         given.goes_to("holdout_tolerance", o.holdout_tolerance) || given.goes_to("patience", o.patience) ||
         given.goes_to("keep_best", o.keep_best) || given.goes_to("certificate", o.certificate) ||
         given.goes_to("warm_up.sweeps", o.warm_up.sweeps) || given.goes_to("warm_up.factor", o.warm_up.factor) ||
         given.goes_to("warm_up.cg_steps", o.warm_up.cg_steps) || given.goes_to("grow_rank", o.grow_rank) ||
         given.goes_to("recover", all.recover) || given.goes_to("recover.estimate_rank", all.recovery.estimate_rank) ||
         given.goes_to("recover.tolerance", all.recovery.tolerance) ||
         given.goes_to("recover.check_fraction", all.recovery.check_fraction);
}

bool set_text(rankfill_options& all, const Setting& given) {
  Options& o = all.options;
  return given.goes_to("solver", o.solver, parse_solver) || given.goes_to("center", o.center, parse_center) ||
         given.goes_to("init", o.init, parse_init) || given.goes_to("formulation", o.formulation, parse_formulation) ||
         given.goes_to("device", o.device, parse_device) || given.goes_to("precision", o.precision, parse_precision) ||
         given.goes_to("recover.center", all.recovery.center, parse_center);
}

void set(rankfill_options& all, const Setting& given) {
  const bool named =
      given.is_text() && (given.goes_to("regularization", all.options.regularization, parse_regularization) ||
                          given.goes_to("weighting", all.options.weighting, parse_weighting));
  if (named || set_text(all, given) || set_number(all, given) || set_solver_option(all.options.solver, given)) return;
  given.refuse("there is no option of that name; with solver = " + std::string(solver_name(all.options.solver)));
}

}  // namespace

}  // namespace rankfill::c_api

using namespace rankfill::c_api;

rankfill::Options rankfill_options::resolved() const {
  rankfill::Options result = options;
  if (recover) result.recover = recovery;
  if (progress)
    result.callback = [told = progress, data = user_data](const rankfill::IterationSummary& at) {
      rankfill_iteration row{};
      row.size = sizeof row;
      fill(row, at);
      return told(&row, data) == 0 ? rankfill::CallbackAction::proceed : rankfill::CallbackAction::stop;
    };
  return result;
}

rankfill_status rankfill_options_new(rankfill_options** options, rankfill_error** error) {
  return guarded(error, [&] {
    need(options, "options");
    hand_over(std::make_unique<rankfill_options>(), options);
  });
}

rankfill_status rankfill_options_set_integer(rankfill_options* options, const char* name, int64_t value,
                                             rankfill_error** error) {
  return guarded(error, [&] { set(need(options, "options"), {&need(name, "name"), value}); });
}

rankfill_status rankfill_options_set_number(rankfill_options* options, const char* name, double value,
                                            rankfill_error** error) {
  return guarded(error, [&] { set(need(options, "options"), {&need(name, "name"), value}); });
}

rankfill_status rankfill_options_set_text(rankfill_options* options, const char* name, const char* value,
                                          rankfill_error** error) {
  return guarded(error, [&] {
    set(need(options, "options"), {&need(name, "name"), std::string_view(&need(value, "value"))});
  });
}

rankfill_status rankfill_options_set_progress(rankfill_options* options, rankfill_progress progress, void* user_data,
                                              rankfill_error** error) {
  return guarded(error, [&] {
    rankfill_options& all = need(options, "options");
    all.progress = progress;
    all.user_data = user_data;
  });
}

void rankfill_options_free(rankfill_options* options) { delete options; }
