#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Faults planted in copies of kernels: does the SASS gate find them?  Skipped (status 77) without nvcc or nvdisasm.

usage: sass_faults_test.py BUILD_DIR      whose flags the gate takes, and where it keeps what it compiled
"""
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import sass_build  # noqa: E402
import sass_code  # noqa: E402

SHIPPED_RULES = os.path.join(ROOT, "scripts", "sass_rules.toml")
SAMPLE = os.path.join(ROOT, "tests", "scripts", "gather_sample.cu")
SAMPLE_RULE = '\n[[rule]]\nkernel = "^gather_warp_per_row$"\ngathers = 4\n'

# The sample's staged loads, and the same without: each row is loaded where it is used.
STAGED = """#pragma unroll
      for (int s = 0; s < steps; ++s) {
        const int col = __shfl_sync(full_warp, own, t + 2 * s + sub);
        load_vector16(y + std::int64_t{col} * rank + k, y_p[s]);
      }
#pragma unroll
      for (int s = 0; s < steps; ++s) {
"""
PLAIN = """#pragma unroll 1
      for (int s = 0; s < steps; ++s) {
        const int col = __shfl_sync(full_warp, own, t + 2 * s + sub);
        const float4 row = *reinterpret_cast<const float4*>(y + std::int64_t{col} * rank + k);
        y_p[s][0] = row.x, y_p[s][1] = row.y, y_p[s][2] = row.z, y_p[s][3] = row.w;
"""

# What a half-sweep fetches, through registers: every copy waits for its row.
THROUGH_REGISTERS = """#include "kernels/detail/ptx.cuh"
namespace rankfill {
__device__ __forceinline__ void copy16(SharedAddress to, const void* from, bool wanted) {
  const uint4 x = wanted ? *static_cast<const uint4*>(from) : uint4{};
  asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(x.x), "r"(x.y), "r"(x.z), "r"(x.w) : "memory");
}
}  // namespace rankfill
#define cp_async16 copy16
"""


def source_with(text):
    """A kernel file that contains a text."""
    folder = os.path.join(ROOT, "kernels")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".cu"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                if text in file.read():
                    return os.path.join(folder, name)
    raise AssertionError(f"no kernels/*.cu contains {text!r}")


class PlantedFaults(unittest.TestCase):
    build = os.path.join(ROOT, "build")

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.rules = os.path.join(self.folder, "rules.toml")
        with open(SHIPPED_RULES, encoding="utf-8") as shipped, open(self.rules, "w", encoding="utf-8") as file:
            file.write(shipped.read() + SAMPLE_RULE)

    def copy(self, source, name, replacements):
        """A copy of a file with texts replaced, each of which must be there."""
        with open(source, encoding="utf-8") as file:
            text = file.read()
        for old, new in replacements.items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def gate(self, *sources):
        """(exit status, what was printed); all shipped kernels if no file is given"""
        script = os.path.join(ROOT, "scripts", "sass_gate.py")
        done = subprocess.run([sys.executable, "-B", script, "--build", self.build, "--rules", self.rules, *sources],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def assert_found(self, source, kernel, rule):
        status, said = self.gate(source)
        self.assertEqual(status, 1, said)
        self.assertRegex(said, rf"(?m)^sass: .*{os.path.basename(source)}: {kernel}: {rule}")

    def test_the_sample_without_a_fault_passes(self):
        status, said = self.gate(SAMPLE)

        self.assertEqual(status, 0, said)
        self.assertIn("0 rules broken", said)

    def test_a_spill_in_a_shipped_kernel(self):
        kernel = "line_sums_warp_per_row"
        spilling = self.copy(source_with(f"__global__ void {kernel}("), "fault_spill.cu",
                             {f"__global__ void {kernel}(": f"__global__ void __maxnreg__(24) {kernel}("})

        self.assert_found(spilling, f"{kernel}<double>", r"spill: found [1-9]\d*, allowed at most 0")
        self.assert_found(spilling, f"{kernel}<double>", r"local_in_loops: found [1-9]\d*, allowed at most 0")

    def test_a_local_array_with_a_computed_index(self):
        indexed = self.copy(SAMPLE, "fault_local.cu",
                            {"x_i[4]": "x_i[32]", "c < 4; ++c) x_i[c] =": "c < 32; ++c) x_i[c] =",
                             "x_i[c] * y_p": "x_i[(own + c) & 31] * y_p"})

        self.assert_found(indexed, "gather_warp_per_row", r"stack: found [1-9]\d*, allowed at most 0")
        self.assert_found(indexed, "gather_warp_per_row", r"local: found [1-9]\d*, allowed at most 0")

    def test_too_many_registers(self):
        with open(self.rules, "a", encoding="utf-8") as file:
            file.write("registers = 24\n")  # goes on with the sample's rule

        self.assert_found(SAMPLE, "gather_warp_per_row", r"registers: found \d+, allowed at most 24")

    def test_loads_that_wait_for_one_another(self):
        plain = self.copy(SAMPLE, "fault_plain_loads.cu", {STAGED: PLAIN})

        self.assert_found(plain, "gather_warp_per_row",
                          "gathers: found 1 16-byte loads in flight in the hot loop, allowed no fewer than 4")

    def test_narrow_loads(self):
        narrow = self.copy(SAMPLE, "fault_narrow_loads.cu",
                           {"load_vector16(y + std::int64_t{col} * rank + k, y_p[s]);":
                            "for (int c = 0; c < 4; ++c) y_p[s][c] = y[std::int64_t{col} * rank + k + c];"})

        self.assert_found(narrow, "gather_warp_per_row", "gathers: found 0 16-byte loads")

    def test_scalar_atomics_in_place_of_vectors(self):
        vector, scalar = "add_vector(g + k, part);", "for (int i = 0; i < width; ++i) atomicAdd(g + k + i, part[i]);"
        scalar = self.copy(source_with(vector), "fault_scalar_atomics.cu", {vector: scalar})

        self.assert_found(scalar, "gradient_warp_per_entry<float>", r"in_loop REDG\.F32x4: found 0 in the loop")

    def test_copies_to_shared_memory_through_registers(self):
        first = '#include "kernels/detail/plain_rows.cuh"\n'
        half_sweep = self.copy(os.path.join(ROOT, "kernels", "als_half.cu"), "fault_copies.cu", {first: THROUGH_REGISTERS + first})

        for kernel in ("solve_narrow_rows_warp_per_chunk<4, true>", "solve_wide_rows_block_per_chunk<2, true, false>"):
            self.assert_found(half_sweep, kernel, r"in_loop LDGSTS: found 0 in the loop")

    def test_a_rule_that_matches_no_kernel(self):
        status, said = self.gate()  # the sample is not among the shipped kernels

        self.assertEqual(status, 1, said)
        self.assertRegex(said, r"the rule for '\^gather_warp_per_row\$' matches no kernel")

    def test_bytes_alone_tell_the_same_as_the_cubin(self):
        cubin = os.path.join(self.folder, "sample.cubin")
        nvcc = sass_build.find_nvcc()
        nvdisasm = sass_build.find_nvdisasm(nvcc)
        sass_build.run([nvcc, *sass_build.DEFAULT_FLAGS, "-cubin", "-arch=sm_90", "-o", cubin, SAMPLE])

        (whole,) = sass_code.parse(sass_build.run([nvdisasm, "-c", cubin]).stdout)
        (bare,) = sass_code.parse(sass_build.disassemble_bytes(nvdisasm, cubin, "sm_90"))

        self.assertEqual(bare.name, whole.name)
        self.assertEqual(bare.loops, whole.loops)
        self.assertEqual(bare.gathers_in_flight(), 4)
        self.assertEqual(bare.count("LDG.128"), whole.count("LDG.128"))


def skip(reason):
    print(f"{__file__}: Skipped\n{reason}\n[  SKIPPED ]")  # as GoogleTest says it; scripts/count_tests.py reads this
    sys.exit(77)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        PlantedFaults.build = os.path.abspath(sys.argv.pop(1))
    nvcc = sass_build.find_nvcc()
    if nvcc is None:
        skip("no nvcc")
    if sass_build.find_nvdisasm(nvcc) is None:
        skip("no nvdisasm; scripts/sass_gate.py --fetch-tools installs it")
    unittest.main()
