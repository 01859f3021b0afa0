// SPDX-License-Identifier: Apache-2.0
#include "cli/plot.hpp"

#include <cmath>

#include "cli/report.hpp"
#include "cli/svg.hpp"
#include "cli/text.hpp"

namespace rankfill::cli {

namespace {

constexpr const char* kObjectiveColour = "#5b4b9a";
constexpr const char* kTrainColour = "#8c959f";
constexpr const char* kHeldoutColour = "#0b6bcb";

using Field = double IterationSummary::*;

Curve curve_of(const Summary& summary, Field x, Field y, std::string name, std::string colour) {
  Curve curve{std::move(name), std::move(colour), {}};
  for (const IterationSummary& it : summary.history) curve.points.push_back({it.*x, it.*y});
  return curve;
}

/// The point whose model was returned; nullptr when its RMSE is not known.
const IterationSummary* returned_of(const Summary& summary, bool keeps_best) {
  const IterationSummary* found = nullptr;
  for (const IterationSummary& it : summary.history) {
    if (!std::isfinite(it.holdout_rmse)) continue;
    if (!keeps_best || found == nullptr || it.holdout_rmse < found->holdout_rmse) found = &it;
  }
  return found;
}

/// A file's name need not be UTF-8; a picture's text must.
std::string utf8(const std::string& text) { return Json::parse(json_text(text)).get<std::string>(); }

Panel objective_panel(const Summary& summary, Field x, const std::string& x_label, const std::string& against) {
  return {"Objective against " + against,
          x_label,
          "objective",
          {curve_of(summary, x, &IterationSummary::objective, "", kObjectiveColour)},
          {},
          ""};
}

Panel rmse_panel(const Summary& summary, Field x, const std::string& x_label, const std::string& against,
                 const std::string& heldout_name, bool keeps_best) {
  Panel panel{"RMSE against " + against,
              x_label,
              heldout_name.empty() ? "training RMSE" : "RMSE",
              {curve_of(summary, x, &IterationSummary::train_rmse, "training", kTrainColour)},
              {},
              ""};
  if (heldout_name.empty()) return panel;
  panel.curves.push_back(curve_of(summary, x, &IterationSummary::holdout_rmse, heldout_name, kHeldoutColour));
  if (const IterationSummary* it = returned_of(summary, keeps_best)) {
    panel.mark = Point{it->*x, it->holdout_rmse};
    panel.mark_text = (keeps_best ? "best " : "last ") + short_number(it->holdout_rmse, 4) + ", iteration " +
                      std::to_string(it->iteration);
  }
  return panel;
}

}  // namespace

std::string plot_of(const Summary& summary, const std::string& title, const std::string& subtitle,
                    const std::string& heldout_name, bool keeps_best) {
  Figure figure{utf8(title), utf8(subtitle), 2, {}};
  const std::string seconds = "seconds", passes = "passes over the entries";
  figure.panels.push_back(objective_panel(summary, &IterationSummary::seconds, seconds, "time"));
  figure.panels.push_back(objective_panel(summary, &IterationSummary::passes, passes, "passes"));
  figure.panels.push_back(rmse_panel(summary, &IterationSummary::seconds, seconds, "time", heldout_name, keeps_best));
  figure.panels.push_back(rmse_panel(summary, &IterationSummary::passes, passes, "passes", heldout_name, keeps_best));
  return draw(figure);
}

}  // namespace rankfill::cli
