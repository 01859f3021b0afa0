// SPDX-License-Identifier: Apache-2.0
// Times the CUDA kernels over data sets, ranks and storage.
//
// usage: kernels_bench [--quick] [--large] [--out FILE] [--toy] [--seconds N] [--only TEXT] [FILE ...]
//
// --large measures half-sweeps on the whole shape of Hugewiki, 3.07 G entries, and nothing else.  It wants 120 GB of device memory
// and of host memory.  --only runs the cases whose parameters, as JSON, contain TEXT: for a profiler.
//
// FILEs are real data (anything `rankfill fit` reads), measured after the synthetic sets.  "bytes" is what the task must fetch:
// one factor row per entry and orientation, however often a kernel really does.  "gathers" names row and table sizes, so that
// bench/report.py can put the measured gather ceiling beside it.  Every result is compared, for some rows, with float64.

#include <chrono>
#include <limits>
#include <type_traits>

#include "backend/cpu.hpp"
#include "bench/cuda/harness.hpp"
#include "bench/cuda/kernel_cases.hpp"
#include "bench/cuda/sweep.hpp"
#include "bench/entries.hpp"
#include "kernels/update.hpp"
#include "rankfill/error.hpp"
#include "rankfill/io.hpp"

namespace rankfill::bench {
namespace {

constexpr const char* name_of(Task task) {
  switch (task) {
    case Task::gradient: return "gradient";
    case Task::loss: return "loss";
    case Task::solve_rows: return "als_half rows";
    case Task::factor: return "row systems";
    default: return "als_half columns";
  }
}

template <class T>
constexpr const char* precision_name() {
  return std::is_same_v<T, float> ? "float32" : "float64";
}

/// Rows fetched, as (bytes of a row, bytes of the table, rows): V for the row orientation, U for the other.
template <class T>
Json gathers_of(const KernelCase<T>& c, const KernelSet<T>& s) {
  const double row_bytes = static_cast<double>(s.rank) * (c.gather == Gather::half ? 2 : sizeof(T));
  const auto from = [&](std::int64_t table_rows) {
    return Json{{"row_bytes", row_bytes},
                {"table_bytes", row_bytes * static_cast<double>(table_rows)},
                {"rows", s.problem.num_entries}};
  };
  Json gathers = Json::array();
  if (c.task == Task::factor) {
    gathers.push_back(from(s.rows_are_outer() ? s.problem.num_cols : s.problem.num_rows));
    return gathers;
  }
  if (c.task != Task::solve_cols) gathers.push_back(from(s.problem.num_cols));
  if (c.task == Task::gradient || c.task == Task::solve_cols) gathers.push_back(from(s.problem.num_rows));
  return gathers;
}

template <class T>
bool is_right(const KernelCase<T>& c, KernelSet<T>& s) {
  const double epsilon{std::numeric_limits<T>::epsilon()};
  const bool half = c.gather == Gather::half;  // then the right answer is that of the rounded rows
  const auto& o = s.problem.observations;
  const double lambda = s.problem.lambda, nu = s.problem.weighting;
  const SampledRows rows(s.backend, o.by_row, half ? s.col_start_half : s.col_start, s.rank, lambda, nu);
  const SampledRows cols(s.backend, o.by_col, half ? s.row_start_half : s.row_start, s.rank, lambda, nu);
  switch (c.task) {
    case Task::gradient:
      return rows.is_gradient(s.row_start, s.gradient.row.values.download(), epsilon) &&
             cols.is_gradient(s.col_start, s.gradient.col.values.download(), epsilon);
    case Task::loss: {  // against the sum that the gradient saw: another kernel, another order
      both_gradients(s, Gather::full);
      const double want = s.squared_error.download()[0];
      const double got = read_squared_error(s.backend, s.problem.observations.by_row, s.at.row, s.at.col);
      const double scale =
          want + static_cast<double>(s.problem.num_entries) * s.problem.value_rms * s.problem.value_rms;
      return std::abs(got - want) <= 8 * (s.rank + 4) * epsilon * scale;
    }
    case Task::factor: {  // the step that the systems and the gradient make leads to the minimiser
      const bool outer_rows = s.rows_are_outer();
      Factor<T, CudaBackend>& g = outer_rows ? s.gradient.row : s.gradient.col;
      solve_rows(s.backend, *s.systems, g);
      update(s.backend, T(1), outer_rows ? s.start.row : s.start.col, T(-1), g);
      return (outer_rows ? rows : cols)
          .is_half_sweep(outer_rows ? s.row_start : s.col_start, g.values.download(), c.exact);
    }
    case Task::solve_rows: return rows.is_half_sweep(s.row_start, s.at.row.values.download(), c.exact);
    default: return cols.is_half_sweep(s.col_start, s.at.col.values.download(), c.exact);
  }
}

/// Does a second call from the same start leave the same bits?
template <class T>
bool is_repeatable(const KernelCase<T>& c, KernelSet<T>& s) {
  const auto results = [&] {
    s.at.copy_from(s.start);
    c.call(s);
    std::vector<std::vector<T>> all;
    if (c.task == Task::gradient) {
      all.push_back(s.gradient.row.values.download());
      all.push_back(s.gradient.col.values.download());
    } else if (c.task == Task::factor) {
      all.push_back((s.rows_are_outer() ? s.gradient.row : s.gradient.col).values.download());
    } else if (c.task != Task::loss) {
      all.push_back((c.task == Task::solve_rows ? s.at.row : s.at.col).values.download());
    }
    return all;
  };
  return results() == results();
}

class KernelsBench {
 public:
  KernelsBench(CudaBackend& backend, Report& report, const Effort& effort, const Arguments& arguments)
      : backend_(backend), report_(report), effort_(effort), large_(arguments.large), only_(arguments.only) {}

  /// `most_cells`: dense products are measured on sets of at most so many rows x columns.
  void run(const std::string& name, const Entries& entries, const std::vector<int>& ranks, bool float64,
           double most_cells) {
    const bool dense = static_cast<double>(entries.num_rows) * static_cast<double>(entries.num_cols) <= most_cells;
    for (const int rank : ranks) run_on<float>(name, entries, rank, dense);
    if (float64) run_on<double>(name, entries, ranks.front(), dense);
  }

  /// Makes a set; times that too, and compares its first rows with what the CPU makes.
  Entries generate(const Shape& shape) {
    const HostWorkload host = make_workload(shape, 1, 0);
    MadeEntries<CudaBackend> made(backend_, host, Part::all);
    poison(backend_, made.cols.data(), made.cols.bytes());
    poison(backend_, made.values.data(), made.values.bytes());
    const Spread spread = measure(backend_, effort_, 1, [&](int) { made.fill(); });
    Entries entries = made.download();
    CpuBackend cpu;
    MadeEntries<CpuBackend> some(cpu, first_rows(host, 1000), Part::all);
    some.fill();
    const Entries want = some.download();
    const bool right = want.size() <= entries.size() &&
                       std::equal(want.rows.begin(), want.rows.end(), entries.rows.begin()) &&
                       std::equal(want.cols.begin(), want.cols.end(), entries.cols.begin()) &&
                       std::equal(want.values.begin(), want.values.end(), entries.values.begin());
    report_.add("generate_entries",
                {{"set", shape.name}, {"rows", shape.num_rows}, {"columns", shape.num_cols}, {"entries", made.count}},
                "entries", static_cast<double>(made.count), spread, right);
    return entries;
  }

 private:
  template <class T>
  void run_on(const std::string& name, const Entries& entries, int rank, bool dense) try {
    const Json parameters = {{"set", name}, {"rank", rank}, {"precision", precision_name<T>()}};
    if (report_.out_of_time()) return report_.skip("kernel", parameters, "out of time");
    const auto begin = std::chrono::steady_clock::now();
    KernelSet<T> set(backend_, entries, {.rank = rank, .regularization = 0.05, .weighting = 1}, dense);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    report_.add("prepare", parameters, "entries", static_cast<double>(entries.size()), {1, seconds, seconds, seconds},
                true);
    for (const KernelCase<T>& c : kernel_cases<T>())
      if ((dense || !c.dense) && (!large_ || (c.exact && c.gather == Gather::half))) run_case(name, c, set);
  } catch (const OutOfDeviceMemory& error) {
    report_.skip("kernel", {{"set", name}, {"rank", rank}}, error.what());
  }

  template <class T>
  void run_case(const std::string& name, const KernelCase<T>& c, KernelSet<T>& s) {
    const Json parameters = {
        {"task", name_of(c.task)},         {"kernel", c.kernel}, {"how", c.how}, {"set", name}, {"rank", s.rank},
        {"precision", precision_name<T>()}};
    if (parameters.dump().find(only_) == std::string::npos) return;
    if (report_.out_of_time()) return report_.skip("kernel", parameters, "out of time");
    poison(backend_, s.gradient.row.values.data(), s.gradient.row.values.bytes());
    poison(backend_, s.gradient.col.values.data(), s.gradient.col.values.bytes());
    poison(backend_, s.squared_error.data(), s.squared_error.bytes());
    const Spread spread = measure(
        backend_, effort_, 1, [&](int) { c.call(s); }, [&] { s.at.copy_from(s.start); });
    const Json gathers = gathers_of(c, s);
    double bytes = 0;
    for (const Json& g : gathers) bytes += g["row_bytes"].get<double>() * g["rows"].get<double>();
    const bool right = is_right(c, s);
    const bool repeatable = c.baseline || is_repeatable(c, s);  // a baseline may add atomically
    Json& record = report_.add("kernel", parameters, "bytes", bytes, spread, right && repeatable);
    record["baseline"] = c.baseline;
    if (!c.baseline) record["same_bits_twice"] = repeatable;
    record["shape"] = {
        {"rows", s.problem.num_rows}, {"columns", s.problem.num_cols}, {"entries", s.problem.num_entries}};
    record["gathers"] = gathers;
    s.at.copy_from(s.start);
  }

  CudaBackend& backend_;
  Report& report_;
  Effort effort_;
  bool large_;  ///< exact half-sweeps alone
  std::string only_;
};

}  // namespace
}  // namespace rankfill::bench

int main(int argc, char** argv) {
  using namespace rankfill::bench;
  return run_program("kernels", argc, argv, [](Report& report, const Arguments& arguments) {
    rankfill::CudaBackend backend(0);
    report.header()["device"] = device_description(backend);
    KernelsBench bench(backend, report, arguments.toy ? Effort{1, 1, 1} : Effort{3, 20, 1}, arguments);

    const auto run_set = [&](const SweepSet& set) {
      if (!report.out_of_time()) bench.run(set.shape.name, bench.generate(set.shape), set.ranks, set.float64, 0);
    };
    const SweepSets sets = sweep_sets(arguments);
    for (const SweepSet& set : sets.first) run_set(set);
    if (arguments.large) return;
    // Where dense products overtake gathers.
    const int side = arguments.toy ? 20 : 4096;
    const std::vector<double> densities = arguments.toy     ? std::vector<double>{0.5}
                                          : arguments.quick ? std::vector<double>{0.03, 0.3}
                                                            : std::vector<double>{0.01, 0.03, 0.1, 0.3, 1};
    for (const double density : densities) {
      if (report.out_of_time()) break;
      bench.run("uniform " + std::to_string(side) + " x " + std::to_string(side) + ", " + Json(density).dump(),
                uniform_entries(side, side, density),
                arguments.toy ? std::vector<int>{8} : std::vector<int>{64, 16, 128}, true, 1e8);
    }
    for (const SweepSet& set : sets.then) run_set(set);
    const std::vector<int> ranks = arguments.toy ? std::vector<int>{20} : std::vector<int>{64, 128, 32, 16};
    for (const std::string& file : arguments.files) bench.run(file, rankfill::read_entries(file), ranks, true, 1e8);
  });
}
