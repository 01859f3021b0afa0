# SPDX-License-Identifier: Apache-2.0
"""Reads SASS as nvdisasm prints it: functions, instructions, loops, and which 16-byte loads are in flight together.

Both kinds of listing are read: of a whole cubin, which has labels, and of the bytes of one function
(`nvdisasm -b SM90`), which has addresses in their place.
"""
import bisect
import re

FUNCTION = re.compile(r"^\.text\.([^:\s]+):")
LABEL = re.compile(r"^(\S+):\s*$")
INSTRUCTION = re.compile(r"^\s*/\*([0-9a-f]{4,})\*/\s+(?:@(!?U?P\w+)\s+)?([A-Z][\w.]*)\s*(.*?)\s*;")
REGISTER = re.compile(r"\bR(\d+)\b")  # R4, R4.64, R4.reuse; not UR4, not RZ
NAMED_TARGET = re.compile(r"`\(([^)]+)\)")
BARE_TARGET = re.compile(r"(?:^|\s)0x([0-9a-f]+)$")


class Instruction:
    def __init__(self, address, guard, opcode, operands):
        self.address = address
        self.name, *modifiers = opcode.split(".")
        self.modifiers = frozenset(modifiers)
        self.operands = operands
        self.registers = frozenset(map(int, REGISTER.findall(operands)))
        self.is_branch = self.name in ("BRA", "BRX", "JMP", "JMX")
        self.is_end = self.name in ("EXIT", "RET", "KILL")
        # A branch may name its predicate before the target, too.
        self.is_conditional = guard is not None or self.is_branch and "," in operands

    def matches(self, pattern):
        """`LDG.128`: that name with at least that modifier, whatever others it has."""
        name, *modifiers = pattern.split(".")
        return self.name == name and self.modifiers.issuperset(modifiers)

    def is_local(self):
        return self.name in ("LDL", "STL")


class Function:
    """One function of a listing.  A loop is a set of indices into `code`."""

    def __init__(self, name, code, labels):
        self.name = name
        self.code = code
        self._addresses = [instruction.address for instruction in code]
        self._labels = labels
        self._find_loops()

    def _targets(self, instruction):
        names = NAMED_TARGET.findall(instruction.operands)
        bare = BARE_TARGET.search(instruction.operands)
        addresses = [self._labels.get(name) for name in names] or [int(bare.group(1), 16) if bare else None]
        # An old disassembler leaves out what it does not know: the next instruction stands for it.
        found = {bisect.bisect_left(self._addresses, address) for address in addresses if address is not None}
        return found - {len(self.code)}

    def _edges(self):
        """The indices that control may go to, for every index."""
        joins = {}  # convergence barrier -> where its threads go on
        for instruction in self.code:
            if instruction.name == "BSSY":
                barrier = instruction.operands.split(",")[0]
                joins.setdefault(barrier, set()).update(self._targets(instruction))
        edges = []
        for i, instruction in enumerate(self.code):
            following = {i + 1} if i + 1 < len(self.code) else set()
            if instruction.is_branch and "DIV" in instruction.modifiers:
                edges.append(following)  # it leaves for a copy of the code, for warps whose threads are apart
            elif instruction.is_branch:
                edges.append(self._targets(instruction) | (following if instruction.is_conditional else set()))
            elif instruction.is_end:
                edges.append(following if instruction.is_conditional else set())
            elif instruction.name == "BSYNC":
                targets = joins.get(instruction.operands, set())
                edges.append(following if not targets or targets & following else targets)
            else:
                edges.append(following)
        return edges

    def _find_loops(self):
        """Sets `reached`, what a warp in step may execute, and `loops`, the smallest first: for every edge back to an
        instruction on the path that led here, all that can reach that edge.  A nested loop is part of the outer one.
        """
        edges = self._edges()
        before = [[] for _ in edges]
        on_path, reached, back = set(), set(), {}
        stack = []

        def enter(i):
            reached.add(i)
            on_path.add(i)
            stack.append((i, iter(sorted(edges[i]))))

        enter(0)
        while stack:
            i, rest = stack[-1]
            follower = next(rest, None)
            if follower is None:
                on_path.remove(i)
                stack.pop()
                continue
            before[follower].append(i)
            if follower in on_path:
                back.setdefault(follower, []).append(i)
            elif follower not in reached:
                enter(follower)

        self.reached = reached
        self.loops = []
        for header, rest in back.items():
            body = {header}
            while rest:
                i = rest.pop()
                if i not in body:
                    body.add(i)
                    rest.extend(before[i])
            self.loops.append(body)
        self.loops.sort(key=len)

    def count(self, pattern):
        return sum(self.code[i].matches(pattern) for i in self.reached)

    def count_local(self):
        """LDL and STL, also where only a warp out of step comes."""
        return sum(instruction.is_local() for instruction in self.code)

    def count_local_in_loops(self):
        return sum(self.code[i].is_local() for i in set().union(*self.loops))

    def count_in_loop(self, patterns):
        """How often each pattern is in the smallest loop that has them all; if none has, in a loop that has most."""
        best = dict.fromkeys(patterns, 0)
        for loop in self.loops:
            found = {pattern: sum(self.code[i].matches(pattern) for i in loop) for pattern in patterns}
            if sum(map(bool, found.values())) > sum(map(bool, best.values())):
                best = found
        return best

    def gathers_in_flight(self):
        """The most 16-byte loads issued before the first use of any of them, in the hot loop: the innermost loop that
        holds the most such loads."""
        hot = (0, 0)
        taken = set()
        for loop in self.loops:
            hot = max(hot, self._count_gathers(loop, loop - taken))
            taken |= loop
        return hot[1]

    def _count_gathers(self, loop, own):
        """(16-byte loads in `own`, the largest group of them), `own` being the loop without those nested in it."""
        loads = largest = group = 0
        in_flight = set()
        for i in sorted(loop):
            instruction = self.code[i]
            if instruction.registers & in_flight or instruction.is_branch and not instruction.is_conditional:
                group, in_flight = 0, set()
            if i in own and instruction.matches("LDG.128"):
                first = int(REGISTER.match(instruction.operands).group(1))
                in_flight |= set(range(first, first + 4))
                loads, group = loads + 1, group + 1
                largest = max(largest, group)
        return loads, largest


def parse(listing):
    """The functions of a listing, in its order."""
    functions = []
    name, code, labels, waiting = None, [], {}, []

    def finish():
        if name is not None and code:
            functions.append(Function(name, code, labels))

    for line in listing.splitlines():
        if start := FUNCTION.match(line):
            finish()
            name, code, labels, waiting = start.group(1), [], {}, []
        elif label := LABEL.match(line):
            waiting.append(label.group(1))
        elif found := INSTRUCTION.match(line):
            address = int(found.group(1), 16)
            labels.update(dict.fromkeys(waiting, address))
            waiting = []
            code.append(Instruction(address, *found.groups()[1:]))
    finish()
    return functions
