// SPDX-License-Identifier: Apache-2.0
#include "rankfill/options.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <type_traits>
#include <variant>

#include "bindings.hpp"
#include "rankfill/error.hpp"

namespace rankfill::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

/// A setting of the method itself, by the name of its field; *throws* InvalidOption when the method has none of that name.
void set_solver_option(Options& options, const std::string& name, double value) {
  const bool found = std::visit(
      [&](auto& method) {
        const auto set = [&](const char* field, auto& member) {
          if (name != field) return false;
          member = static_cast<std::remove_reference_t<decltype(member)>>(value);
          return true;
        };
        bool done = false;
        if constexpr (requires { method.momentum; }) done = done || set("momentum", method.momentum);
        if constexpr (requires { method.memory; }) done = done || set("memory", method.memory);
        if constexpr (requires { method.start_sweeps; }) done = done || set("start_sweeps", method.start_sweeps);
        if constexpr (requires { method.inner_steps; }) done = done || set("inner_steps", method.inner_steps);
        if constexpr (requires { method.cg_steps; }) done = done || set("cg_steps", method.cg_steps);
        if constexpr (requires { method.inner_steps; }) done = done || set("inner_steps", method.inner_steps);
        if constexpr (requires { method.epochs; }) done = done || set("epochs", method.epochs);
        if constexpr (requires { method.step_size; }) done = done || set("step_size", method.step_size);
        return done;
      },
      options.solver);
  if (!found)
    throw InvalidOption("solver_options", name,
                        "solver " + std::string(solver_name(options.solver)) + " has no option of that name");
}

}  // namespace

void bind_options(nb::module_& m) {
  nb::class_<Options>(m, "Options")
      .def(nb::init<>())
      .def_rw("rank", &Options::rank)
      .def_rw("regularization", &Options::regularization)
      .def_rw("weighting", &Options::weighting)
      .def_prop_rw(
          "center", [](const Options& o) { return std::string(to_string(o.center)); },
          [](Options& o, const std::string& name) { o.center = parse_center(name); })
      .def_rw("bias_damping", &Options::bias_damping)
      .def_prop_rw(
          "init", [](const Options& o) { return std::string(to_string(o.init)); },
          [](Options& o, const std::string& name) { o.init = parse_init(name); })
      .def_prop_rw(
          "solver", [](const Options& o) { return std::string(solver_name(o.solver)); },
          [](Options& o, const std::string& name) { o.solver = parse_solver(name); })
      .def("set_solver_option", &set_solver_option, "name"_a, "value"_a)
      .def_prop_rw(
          "formulation", [](const Options& o) { return std::string(to_string(o.formulation)); },
          [](Options& o, const std::string& name) { o.formulation = parse_formulation(name); })
      .def_prop_rw(
          "device", [](const Options& o) { return to_string(o.device); },
          [](Options& o, const std::string& name) { o.device = parse_device(name); })
      .def_prop_rw(
          "precision", [](const Options& o) { return std::string(to_string(o.precision)); },
          [](Options& o, const std::string& name) { o.precision = parse_precision(name); })
      .def_rw("threads", &Options::threads)
      .def_rw("seed", &Options::seed)
      .def_rw("max_iterations", &Options::max_iterations)
      .def_rw("gradient_tolerance", &Options::gradient_tolerance)
      .def_rw("holdout_tolerance", &Options::holdout_tolerance)
      .def_rw("patience", &Options::patience)
      .def_rw("keep_best", &Options::keep_best)
      .def_rw("certificate", &Options::certificate)
      .def_rw("grow_rank", &Options::grow_rank)
      .def_prop_rw(
          "warm_up", [](const Options& o) { return o.warm_up.sweeps; },
          [](Options& o, int sweeps) { o.warm_up.sweeps = sweeps; })
      .def_prop_rw(
          "warm_up_factor", [](const Options& o) { return o.warm_up.factor; },
          [](Options& o, double factor) { o.warm_up.factor = factor; })
      .def_prop_rw(
          "warm_up_cg_steps", [](const Options& o) { return o.warm_up.cg_steps; },
          [](Options& o, int steps) { o.warm_up.cg_steps = steps; })
      .def(
          "set_recovery",
          [](Options& o, bool estimate_rank, double tolerance, double check_fraction, const std::string& center) {
            o.recover = RecoveryOptions{estimate_rank, tolerance, check_fraction, parse_center(center)};
            o.center = o.recover->center;
          },
          "estimate_rank"_a, "tolerance"_a, "check_fraction"_a, "center"_a)
      .def("validate", &validate);

  m.def(
      "parse_weighting", [](const std::string& text) { return parse_weighting(text); }, "text"_a);
  m.def("solver_names", &solver_names);
}

}  // namespace rankfill::python
