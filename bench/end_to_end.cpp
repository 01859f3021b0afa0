// SPDX-License-Identifier: Apache-2.0
// From entries in host memory to a model through the public interface, with a curve of held-out RMSE against time for each
// solver.  On the first CUDA device, or on the CPU where there is none.
//
// usage: end_to_end [--quick] [--out FILE] [--toy] [--seconds N] [FILE ...]
//
// FILEs are real data (anything `rankfill fit` reads); a tenth is held out by a hash.  Seconds of a curve are those of the
// solver alone; the stages before it stand beside it.

#include <chrono>
#include <cmath>

#include "backend/cpu.hpp"
#include "bench/entries.hpp"
#include "bench/report.hpp"
#include "rankfill/rankfill.hpp"

namespace rankfill::bench {
namespace {

/// One way to solve; a new solver or precision is a line in methods().
struct Method {
  const char* name;
  SolverOptions solver;
  Precision precision;
  bool cuda_only;
  int most_iterations;
};

std::vector<Method> methods() {
  return {{"als", AlsOptions{}, Precision::float32, false, 40},
          {"als, mixed", AlsOptions{}, Precision::mixed, true, 40},
          {"vp-lbfgs", VpLbfgsOptions{}, Precision::float32, false, 40},
          {"vp-lbfgs, mixed", VpLbfgsOptions{}, Precision::mixed, true, 40},
          {"nesterov-als", NesterovAlsOptions{}, Precision::float32, false, 40},
          {"nesterov-als, mixed", NesterovAlsOptions{}, Precision::mixed, true, 40},
          {"gd, momentum 0.5", GradientDescentOptions{0.5}, Precision::float32, false, 300}};
}

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

struct Data {
  std::string name;
  Split split;
  double read_seconds = 0;  ///< or to generate
};

Data generated(const Shape& shape) {
  const Stopwatch watch;
  CpuBackend cpu;
  const HostWorkload host = make_workload(shape, 1, 0.1);
  const auto part = [&](Part which) {
    MadeEntries<CpuBackend> made(cpu, host, which);
    made.fill();
    return made.download();
  };
  return {shape.name, {part(Part::train), part(Part::holdout)}, watch.seconds()};
}

Data read(const std::string& file) {
  const Stopwatch watch;
  return {file, split_by_fraction(read_entries(file), 0.1, 0), watch.seconds()};
}

Json curve_of(const Summary& summary) {
  Json curve = Json::array();
  for (const IterationSummary& row : summary.history)
    curve.push_back({{"iteration", row.iteration},
                     {"seconds", row.seconds},
                     {"passes", row.passes},
                     {"objective", row.objective},
                     {"relative_gradient", row.relative_gradient},
                     {"holdout_rmse", row.holdout_rmse}});
  return curve;
}

void solve_with(Report& report, const Data& data, const Method& method, int rank, double most_seconds) {
  const Stopwatch watch;
  Options options{.rank = rank,
                  .regularization = 0.05,
                  .weighting = 1,
                  .solver = method.solver,
                  .precision = method.precision,
                  .max_iterations = method.most_iterations,
                  .gradient_tolerance = 0,
                  .keep_best = false};
  options.callback = [&](const IterationSummary& row) {
    return row.seconds < most_seconds ? CallbackAction::proceed : CallbackAction::stop;
  };
  const Result result = solve(data.split.train, options, &data.split.holdout);
  const Summary& s = result.summary;
  const double total = watch.seconds();
  const double rmse = evaluate(result.model, data.split.holdout).rmse;
  // The solver must get somewhere, and its own figure must be that of the model: evaluate() sums in another order and rounds
  // predictions once more.
  const bool right = std::isfinite(rmse) && s.objective < s.history.front().objective &&
                     std::abs(rmse - s.holdout_rmse) <= 1e-4 * rmse;
  const Json parameters = {{"method", method.name}, {"set", data.name}, {"rank", rank}};
  Json& record = report.add("solve", parameters, "entries", s.passes * static_cast<double>(s.num_entries),
                            {1, s.seconds.solve, s.seconds.solve, s.seconds.solve}, right);
  record["shape"] = {{"rows", s.num_rows}, {"columns", s.num_cols}, {"entries", s.num_entries}};
  record["device"] = s.device_used;
  record["device_bytes"] = s.device_bytes;
  record["regularization"] = {{"lambda", options.regularization}, {"weighting", "count"}};
  record["stages"] = {{"read_or_generate", data.read_seconds},
                      {"prepare", s.seconds.prepare},
                      {"solve", s.seconds.solve},
                      {"finish", s.seconds.finish},
                      {"total", total}};
  record["holdout_rmse"] = rmse;
  record["curve"] = curve_of(s);
}

void run(Report& report, const Data& data, const std::vector<int>& ranks, bool on_cuda, double most_seconds) {
  for (const int rank : ranks)
    for (const Method& method : methods()) {
      if (method.cuda_only && !on_cuda) continue;
      const Json parameters = {{"method", method.name}, {"set", data.name}, {"rank", rank}};
      if (report.out_of_time()) {
        report.skip("solve", parameters, "out of time");
        continue;
      }
      try {
        solve_with(report, data, method, rank, most_seconds);
      } catch (const OutOfDeviceMemory& error) {
        report.skip("solve", parameters, error.what());
      }
    }
}

}  // namespace
}  // namespace rankfill::bench

int main(int argc, char** argv) {
  using namespace rankfill::bench;
  return run_program("end_to_end", argc, argv, [](Report& report, const Arguments& arguments) {
    const auto devices = rankfill::cuda_devices();
    const bool on_cuda = !devices.empty();
    report.header()["device"] = {{"name", on_cuda ? devices[0].name : rankfill::CpuBackend().name()},
                                 {"cuda", on_cuda},
                                 {"threads", rankfill::available_threads()}};
    std::printf("on %s\n", report.header()["device"]["name"].get<std::string>().c_str());

    // (set, share of its entries)
    using Sets = std::vector<std::pair<std::size_t, double>>;
    Sets sets = {{0, 1}, {1, 1}};
    std::vector<int> ranks = {64};
    double most_seconds = 6;
    if (!on_cuda || arguments.quick) sets = {{0, on_cuda ? 0.1 : 0.003}};
    if (!on_cuda) ranks = {16};
    if (arguments.toy) {
      sets = {{0, 2e-5}};
      ranks = {4};
      most_seconds = 1;
    }
    for (const auto& [index, share] : sets) {
      if (report.out_of_time()) break;
      Shape shape = shapes()[index].scaled(share);
      if (share != 1) shape.name += " x " + Json(share).dump();
      run(report, generated(shape), ranks, on_cuda, most_seconds);
    }
    for (const std::string& file : arguments.files) run(report, read(file), ranks, on_cuda, most_seconds);
  });
}
