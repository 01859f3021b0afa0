#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The SASS gate on texts written by hand: what it reads, where it sees loops, what its rules say.  Needs no nvcc."""
import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import sass_build  # noqa: E402
import sass_code  # noqa: E402
import sass_gate  # noqa: E402


def function(text, name="kernel"):
    """The function of a text with one instruction or label a line; addresses are filled in."""
    lines, address = [f".text.{name}:"], 0
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.endswith(":"):
            lines.append(line)
        else:
            lines.append(f"        /*{address:04x}*/    {line} ;    /* 0x0123456789abcdef */")
            address += 16
    (only,) = sass_code.parse("\n".join(lines))
    return only


def kernel(code, name="kernel", registers=32, stack=0, spill=0):
    return sass_gate.Kernel("file.cu", name, {"registers": registers, "stack": stack, "spill": spill}, code)


FOUR_LOADS = """
    LDG.E.128 R4, desc[UR4][R20.64]
    LDG.E.128.CONSTANT R8, desc[UR4][R22.64]
    LDG.E.EL.128.CONSTANT R12, desc[UR4][R24.64]
    @!P1 LDG.E.128 R16, desc[UR4][R26.64]
"""
IN_A_LOOP = ".L_x_0:\n{}\nFADD R0, R4, R8\n@P0 BRA `(.L_x_0)\nEXIT"


class Reading(unittest.TestCase):
    def test_separates_guard_name_modifiers_and_registers(self):
        code = function("@!P0 LDG.E.128.CONSTANT R4, desc[UR6][R2.64+0x10]\nEXIT").code

        self.assertEqual(code[0].name, "LDG")
        self.assertTrue(code[0].is_conditional)
        self.assertEqual(code[0].registers, {4, 2})  # not those of the uniform UR6
        self.assertTrue(code[0].matches("LDG.128"))
        self.assertFalse(code[0].matches("LDG.64"))
        self.assertFalse(code[0].matches("LDGSTS"))
        self.assertEqual(code[1].address, 16)

    def test_finds_every_function_of_a_listing(self):
        functions = sass_code.parse(".text.first:\n/*0000*/ EXIT ;\n"
                                    ".text.second:\n/*0000*/ NOP ;\n/*0010*/ EXIT ;\n")

        self.assertEqual([(f.name, len(f.code)) for f in functions], [("first", 1), ("second", 2)])

    def test_reads_branches_of_either_listing(self):
        labels = function(".L_x_7:\nLDSM.16.M88.4 R4, [R8]\n@P0 BRA `(.L_x_7)\nEXIT")
        addresses = function("LDSM.16.M88.4 R4, [R8]\n@P0 BRA 0x0\nEXIT")

        self.assertEqual(labels.loops, [{0, 1}])
        self.assertEqual(addresses.loops, [{0, 1}])

    def test_a_branch_to_an_instruction_left_out_goes_to_the_next(self):
        (code,) = sass_code.parse(".text.f:\n/*0000*/ NOP ;\n/*0020*/ NOP ;\n/*0030*/ @P0 BRA 0x10 ;\n/*0040*/ EXIT ;")

        self.assertEqual(code.loops, [{1, 2}])


class Loops(unittest.TestCase):
    def test_code_without_a_branch_back_has_none(self):
        self.assertEqual(function("@P0 BRA `(.L_x_0)\nNOP\n.L_x_0:\nEXIT").loops, [])

    def test_the_endless_branch_after_the_end_is_none(self):
        self.assertEqual(function("EXIT\n.L_x_0:\nBRA `(.L_x_0)").loops, [])

    def test_a_nested_loop_is_part_of_the_one_around_it(self):
        nested = function(".L_x_0:\nNOP\n.L_x_1:\nNOP\n@P0 BRA `(.L_x_1)\nBRA P1, `(.L_x_0)\nEXIT")

        self.assertEqual(nested.loops, [{1, 2}, {0, 1, 2, 3}])

    def test_code_placed_behind_the_end_that_jumps_back_makes_none(self):
        # 0 branches to 3, which returns to 1: a branch to a lower address, but nothing runs twice
        self.assertEqual(function("@P0 BRA `(.L_x_1)\n.L_x_0:\nNOP\nEXIT\n.L_x_1:\nNOP\nBRA `(.L_x_0)").loops, [])

    def test_threads_go_on_where_their_barrier_says(self):
        # the loop closes through BSYNC, whose threads go on at .L_x_0, not behind it
        code = function(".L_x_0:\nBSSY B0, `(.L_x_0)\n@P0 EXIT\nBSYNC B0\nEXIT")

        self.assertEqual(code.loops, [{0, 1, 2}])

    def test_the_copy_for_threads_that_are_apart_does_not_count(self):
        code = function(".L_x_0:\nBRA.DIV UR4, `(.L_x_1)\nLDG.E.128 R4, [R2.64]\n.L_x_2:\n@P0 BRA `(.L_x_0)\nEXIT\n"
                        ".L_x_1:\nLDG.E.128 R4, [R2.64]\nLDL R5, [R1]\nBRA `(.L_x_2)")

        self.assertEqual(code.count("LDG.128"), 1)
        self.assertEqual(code.count_local_in_loops(), 0)
        self.assertEqual(code.count_local(), 1)


class GathersInFlight(unittest.TestCase):
    def in_loop(self, text):
        return function(IN_A_LOOP.format(text)).gathers_in_flight()

    def test_are_those_before_the_first_use(self):
        self.assertEqual(self.in_loop(FOUR_LOADS), 4)

    def test_other_work_may_stand_between(self):
        shuffled = FOUR_LOADS.replace("LDG.E.128.CONSTANT", "SHFL.IDX PT, R22, R0, R30, 0x1f\nLDG.E.128")

        self.assertEqual(self.in_loop(shuffled), 4)

    def test_end_with_the_use_of_any_number_that_was_loaded(self):
        used = FOUR_LOADS.replace("@!P1", "FADD R0, R0, R11\n@!P1")  # R11: the last of R8..R11

        self.assertEqual(self.in_loop(used), 3)

    def test_count_singly_when_each_is_used_at_once(self):
        self.assertEqual(self.in_loop("LDG.E.128 R4, [R2.64]\nFADD R0, R4, R5\n" * 4), 1)

    def test_an_address_that_was_loaded_is_a_use(self):
        self.assertEqual(self.in_loop("LDG.E.128 R4, [R2.64]\nLDG.E.128 R8, [R4.64]"), 1)

    def test_branches_of_an_alternative_do_not_add_up(self):
        code = function(".L_x_0:\n@P1 BRA `(.L_x_1)\nLDG.E.128 R4, [R2.64]\nBRA `(.L_x_2)\n"
                        ".L_x_1:\nLDG.E.128 R8, [R2.64]\n.L_x_2:\n@P0 BRA `(.L_x_0)\nEXIT")

        self.assertEqual(code.gathers_in_flight(), 1)

    def test_outside_loops_count_nothing(self):
        self.assertEqual(function(FOUR_LOADS + "EXIT").gathers_in_flight(), 0)

    def test_the_loop_with_most_loads_decides(self):
        # a tail that loads two together does not stand for the hot loop, which takes its four one by one
        hot = ".L_x_0:\n" + "LDG.E.128 R4, [R2.64]\nFADD R0, R4, R5\n" * 4 + "@P0 BRA `(.L_x_0)\n"
        tail = ".L_x_1:\nLDG.E.128 R4, [R2.64]\nLDG.E.128 R8, [R2.64]\n@P0 BRA `(.L_x_1)\nEXIT"

        self.assertEqual(function(hot + tail).gathers_in_flight(), 1)

    def test_a_nested_loop_uses_what_the_outer_one_loads(self):
        code = function(".L_x_0:\nLDG.E.128 R4, [R2.64]\n.L_x_1:\nFADD R0, R4, R5\n@P1 BRA `(.L_x_1)\n"
                        "LDG.E.128 R8, [R2.64]\n@P0 BRA `(.L_x_0)\nEXIT")

        self.assertEqual(code.gathers_in_flight(), 1)


class InOneLoop(unittest.TestCase):
    tensor = function("""
        LDGSTS.E.BYPASS.128 [R5], desc[UR4][R2.64]
        .L_x_0:
        .L_x_1:
        LDGSTS.E.BYPASS.128 [R5], desc[UR4][R2.64]
        @P1 BRA `(.L_x_1)
        LDSM.16.MT88.4 R8, [R12]
        HMMA.16816.F32 R16, R8, R20, R16
        HMMA.16816.F32 R16, R8, R22, R16
        @P0 BRA `(.L_x_0)
        EXIT
    """)

    def test_counts_in_the_smallest_loop_that_has_them_all(self):
        self.assertEqual(self.tensor.count_in_loop(["LDGSTS", "LDSM", "HMMA"]), {"LDGSTS": 1, "LDSM": 1, "HMMA": 2})
        self.assertEqual(self.tensor.count_in_loop(["LDGSTS"]), {"LDGSTS": 1})

    def test_shows_what_is_missing(self):
        self.assertEqual(self.tensor.count_in_loop(["HMMA", "REDG.F32x4"]), {"HMMA": 2, "REDG.F32x4": 0})


class Rules(unittest.TestCase):
    strict = {"kernel": ".*", "registers": 64, "stack": 0, "spill": 0, "local": 0, "local_in_loops": 0}

    def test_a_clean_kernel_breaks_none(self):
        self.assertEqual(sass_gate.judge(kernel(function("EXIT"), registers=64), [self.strict]), [])

    def test_each_limit_names_itself_the_found_and_the_allowed(self):
        spoilt = kernel(function(".L_x_0:\nLDL R4, [R1]\n@P0 BRA `(.L_x_0)\nSTL [R1], R4\nEXIT"),
                        registers=65, stack=16, spill=8)

        self.assertEqual(sass_gate.judge(spoilt, [self.strict]),
                         ["registers: found 65, allowed at most 64", "stack: found 16, allowed at most 0",
                          "spill: found 8, allowed at most 0", "local: found 2, allowed at most 0",
                          "local_in_loops: found 1, allowed at most 0"])

    def test_grouped_loads_are_asked_for(self):
        grouped = kernel(function(IN_A_LOOP.format(FOUR_LOADS)))
        rule = self.strict | {"gathers": 5}

        self.assertEqual(sass_gate.judge(grouped, [self.strict | {"gathers": 4}]), [])
        self.assertEqual(sass_gate.judge(grouped, [rule]),
                         ["gathers: found 4 16-byte loads in flight in the hot loop, allowed no fewer than 5"])

    def test_instructions_in_the_loop_are_asked_for(self):
        rule = self.strict | {"in_loop": {"LDSM": 1, "HMMA": 3}}

        self.assertEqual(sass_gate.judge(kernel(InOneLoop.tensor), [rule]),
                         ["in_loop HMMA: found 2 in the loop, allowed no fewer than 3"])

    def test_a_later_rule_overrides_key_by_key(self):
        rules = [self.strict, {"kernel": "^big", "registers": 255}]

        self.assertEqual(sass_gate.judge(kernel(function("EXIT"), "big<float>", registers=200), rules), [])
        self.assertEqual(sass_gate.judge(kernel(function("EXIT"), "big<float>", registers=200, spill=4), rules),
                         ["spill: found 4, allowed at most 0"])
        self.assertEqual(len(sass_gate.judge(kernel(function("EXIT"), "small", registers=200), rules)), 1)

    def test_a_kernel_that_no_rule_matches_is_broken(self):
        new = kernel(function("EXIT"), "new")

        self.assertEqual(sass_gate.judge(new, [{"kernel": "^old$"}]), ["no rule matches it"])

    def test_code_that_is_not_ours_is_not_judged(self):
        rules = [self.strict, {"kernel": "^cub::", "ours": False}]

        self.assertEqual(sass_gate.judge(kernel(function("EXIT"), "cub::sort", registers=255), rules), [])

    def test_without_a_listing_what_ptxas_said_is_judged(self):
        self.assertEqual(sass_gate.judge(kernel(None, spill=4), [self.strict | {"gathers": 4}]),
                         ["spill: found 4, allowed at most 0"])

    def test_a_misspelt_key_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "rules.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write('[[rule]]\nkernel = "x"\nregister = 3\n')
            with self.assertRaisesRegex(ValueError, "unknown key register"):
                sass_gate.read_rules(path)

    def test_the_shipped_rules_limit_every_kernel(self):
        rules = sass_gate.read_rules(os.path.join(ROOT, "scripts", "sass_rules.toml"))
        rule = sass_gate.rule_for("a_kernel_nobody_has_written_yet<float>", rules)

        self.assertEqual({key: rule.get(key) for key in sass_gate.LIMITS},
                         {"registers": 128, "stack": 0, "spill": 0, "local": 0, "local_in_loops": 0})


class Building(unittest.TestCase):
    def test_reads_what_ptxas_says_of_each_function(self):
        said = """ptxas info    : Compiling entry function '_Z1av' for 'sm_90'
ptxas info    : Function properties for _Z1av
    24 bytes stack frame, 20 bytes spill stores, 16 bytes spill loads
ptxas info    : Used 64 registers, used 0 barriers, 24 bytes cumulative stack size
ptxas info    : Function properties for _Z6calledv
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
"""
        self.assertEqual(sass_build.read_resources(said), {"_Z1av": {"registers": 64, "stack": 24, "spill": 36},
                                                           "_Z6calledv": {"registers": None, "stack": 0, "spill": 0}})

    def test_keeps_the_flags_that_shape_the_code(self):
        command = ("/usr/bin/ccache /opt/cuda/bin/nvcc -forward-unknown-to-host-compiler -I/src -isystem=/eigen3 -O3 "
                   "-DNDEBUG --generate-code=arch=compute_90,code=[compute_90,sm_90] -std=c++20 -MD -MT a.o -MF a.d "
                   "-x cu -c /src/kernels/a.cu -o a.cu.o")

        self.assertEqual(sass_build.kernel_flags(command), ["-forward-unknown-to-host-compiler", "-I/src",
                                                            "-isystem=/eigen3", "-O3", "-DNDEBUG", "-std=c++20"])

    def test_names_are_shortened_to_what_tells_kernels_apart(self):
        full = "void rankfill::(anonymous namespace)::rows<float, 64>(int, void (*)(rankfill::View<float>))"

        self.assertEqual(sass_build.shorten(full), "rows<float, 64>")
        self.assertEqual(sass_build.shorten("rankfill::plain(int)"), "plain")

    def test_finds_what_a_file_includes(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {"a.cu": '#include "b.hpp"\n#include <vector>\n', "b.hpp": "#  include <c.hpp>\n",
                               "c.hpp": '#include "b.hpp"\n', "unused.hpp": ""}.items():
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            seen = {}
            sass_build.content(os.path.join(folder, "a.cu"), [folder], seen)

        self.assertEqual([os.path.basename(path) for path in seen], ["a.cu", "b.hpp", "c.hpp"])


if __name__ == "__main__":
    unittest.main()
