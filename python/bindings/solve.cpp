// SPDX-License-Identifier: Apache-2.0
#include "rankfill/solve.hpp"

#include <optional>
#include <type_traits>

#include "bindings.hpp"
#include "interruptible.hpp"
#include "rankfill/evaluate.hpp"
#include "summary.hpp"

namespace rankfill::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

/// `Given`, `Held`: Entries or DeviceEntries.
template <class Given, class Held>
nb::tuple fit(const Given& train, Options options, const Held* holdout, const Model* from, nb::object callback) {
  std::optional<Start> start;
  if (from) start = Start{from->row_factors, from->col_factors};
  Listener listener(std::move(callback));
  options.callback = [&](const IterationSummary& row) { return listener.tell([&] { return to_dict(row); }); };
  options.interrupt = &listener.interrupt();
  std::optional<Result> result;
  {
    nb::gil_scoped_release released;
    const Start* const first = start ? &*start : nullptr;
    if constexpr (std::is_same_v<Given, DeviceEntries>)
      result = solve(train, options, holdout ? HeldOut(holdout) : HeldOut(), first);
    else
      result = solve(train, options, holdout, first);
  }
  listener.finish();
  return nb::make_tuple(std::move(result->model), to_dict(result->summary));
}

}  // namespace

void bind_solve(nb::module_& m) {
  const auto solve = [&](auto fit) {
    m.def("solve", fit, "train"_a, "options"_a, "holdout"_a.none(), "start"_a.none(), "callback"_a.none());
  };
  solve(&fit<Entries, Entries>);
  solve(&fit<DeviceEntries, Entries>);
  solve(&fit<DeviceEntries, DeviceEntries>);
  m.def(
      "evaluate",
      [](const Model& model, const Entries& entries) {
        nb::gil_scoped_release released;
        const Evaluation e = evaluate(model, entries);
        nb::gil_scoped_acquire acquired;
        return nb::make_tuple(e.rmse, e.mae, e.num_entries, e.unseen);
      },
      "model"_a, "entries"_a);
}

}  // namespace rankfill::python
