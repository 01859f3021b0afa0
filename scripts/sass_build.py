# SPDX-License-Identifier: Apache-2.0
"""From a .cu file to its SASS: nvcc with the flags of the real build, nvdisasm, and a cache by content.

nvdisasm of the CUDA toolkit reads a whole cubin.  One older than nvcc may not know the file format, but disassembles
the bytes of each function all the same, so the file is taken apart here.
"""
import glob
import hashlib
import json
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOLS = os.path.join(ROOT, ".cache", "nvdisasm")
NVDISASM_PACKAGE = "nvidia-cuda-nvdisasm==13.2.78"  # reads what nvcc of its own and earlier releases writes
# The flags of a Release build, for when nothing is configured.  Host code is not compiled, so its flags do not matter.
DEFAULT_FLAGS = ["-O3", "-DNDEBUG", "-std=c++20", "--expt-relaxed-constexpr",
                 *(f"-I{os.path.join(ROOT, f)}" for f in ("include", "", "src"))]
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
RESOURCES = re.compile(
    r"Function properties for (?P<name>\S+)\s+(?P<stack>\d+) bytes stack frame, (?P<stores>\d+) bytes spill stores, "
    r"(?P<loads>\d+) bytes spill loads(?:\s+ptxas info\s*: Used (?P<registers>\d+) registers)?")


class BuildError(Exception):
    pass


def run(command, text=True):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=text)
    if done.returncode:
        said = done.stderr if text else done.stderr.decode(errors="replace")
        raise BuildError(f"{shlex.join(command)}\n{said.strip()}")
    return done


def find_nvcc():
    return shutil.which(os.environ.get("CUDACXX") or "nvcc") or shutil.which("/usr/local/cuda/bin/nvcc")


def find_nvdisasm(nvcc):
    folders = [os.path.dirname(os.path.realpath(nvcc)), "/usr/local/cuda/bin"]
    candidates = [os.environ.get("NVDISASM"), "nvdisasm", *(os.path.join(folder, "nvdisasm") for folder in folders),
                  *glob.glob(os.path.join(TOOLS, "**", "nvdisasm"), recursive=True)]
    return next(filter(None, (shutil.which(candidate) for candidate in candidates if candidate)), None)


def fetch_nvdisasm():
    """Installs nvdisasm below the source tree with pip."""
    run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--upgrade",
         "--target", TOOLS, NVDISASM_PACKAGE])
    for program in glob.glob(os.path.join(TOOLS, "**", "nvdisasm"), recursive=True):
        os.chmod(program, 0o755)


def kernel_flags(command):
    """The flags of a compile command that shape the code: no launcher, no input or output, no architecture."""
    arguments = iter(shlex.split(command))
    for argument in arguments:
        if os.path.basename(argument).startswith("nvcc"):
            break
    flags = []
    for argument in arguments:
        if argument in ("-o", "-x", "-MF", "-MT", "-MQ", "-gencode", "-arch", "-code"):
            next(arguments, None)
        elif argument in ("-c", "-dc", "-MD", "-MMD") or argument.endswith(".cu"):
            pass
        elif not argument.startswith(("--generate-code", "-gencode=", "-arch=", "-code=", "--gpu-")):
            flags.append(argument)
    return flags


def flags_of_build(build):
    """(flags of every .cu file that nvcc compiles, by path; where they come from)"""
    database = os.path.join(build, "compile_commands.json")
    if not os.path.exists(database):
        return {}, "the default flags"
    with open(database, encoding="utf-8") as file:
        entries = json.load(file)
    flags = {}
    for entry in entries:
        command = entry.get("command") or shlex.join(entry["arguments"])
        path = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
        if path.endswith(".cu") and any(os.path.basename(word).startswith("nvcc") for word in command.split()[:4]):
            flags[path] = kernel_flags(command)
    return flags, os.path.relpath(database, ROOT) if flags else "the default flags"


def content(path, folders, seen):
    """Adds to `seen` the text of a file and of all that it includes from `folders` or its own folder."""
    path = os.path.realpath(path)
    if path in seen:
        return
    with open(path, encoding="utf-8", errors="replace") as file:
        seen[path] = file.read()
    for name in INCLUDE.findall(seen[path]):
        for folder in [os.path.dirname(path), *folders]:
            if os.path.isfile(os.path.join(folder, name)):
                content(os.path.join(folder, name), folders, seen)
                break


def text_sections(cubin):
    """(name, bytes) of every function in a 64-bit ELF file."""
    (table,) = struct.unpack_from("<Q", cubin, 0x28)
    size, count, names_at = struct.unpack_from("<HHH", cubin, 0x3A)
    headers = [struct.unpack_from("<IIQQQQ", cubin, table + i * size) for i in range(count)]
    names = headers[names_at][4]
    for name_at, _, _, _, offset, length in headers:
        name = cubin[names + name_at:cubin.index(b"\0", names + name_at)].decode()
        if name.startswith(".text."):
            yield name.removeprefix(".text."), cubin[offset:offset + length]


def disassemble(nvdisasm, path, arch):
    try:
        return run([nvdisasm, "-c", path]).stdout
    except BuildError:
        return disassemble_bytes(nvdisasm, path, arch)


def disassemble_bytes(nvdisasm, path, arch):
    """The same function by function, from bytes alone: branches then show addresses, not labels."""
    listing = []
    with open(path, "rb") as file:
        cubin = file.read()
    for name, code in text_sections(cubin):
        with tempfile.NamedTemporaryFile(suffix=".bin") as raw:
            raw.write(code)
            raw.flush()
            listing.append(f".text.{name}:\n{run([nvdisasm, '-b', arch.upper().replace('_', ''), raw.name]).stdout}")
    return "\n".join(listing)


class Compiler:
    """Compiles and disassembles; keeps the listings in `cache`, named by all that went into them."""

    def __init__(self, nvcc, nvdisasm, arch, cache):
        self.nvcc = nvcc
        self.nvdisasm = nvdisasm
        self.arch = arch
        self.cache = cache
        self.versions = run([nvcc, "--version"]).stdout + (run([nvdisasm, "--version"]).stdout if nvdisasm else "")
        os.makedirs(cache, exist_ok=True)

    def compile(self, source, flags):
        """(resources by mangled name, listing or None)"""
        folders = [flag[2:] for flag in flags if flag.startswith("-I") and
                   os.path.realpath(flag[2:]).startswith(ROOT)]
        seen = {}
        content(source, folders, seen)
        key = hashlib.sha256("\0".join([self.versions, self.arch, *flags, *seen.values()]).encode()).hexdigest()[:16]
        stem = os.path.splitext(os.path.basename(source))[0]
        kept = os.path.join(self.cache, f"{stem}-{key}.json")
        if os.path.exists(kept):
            with open(kept, encoding="utf-8") as file:
                result = json.load(file)
        else:
            with tempfile.TemporaryDirectory(dir=self.cache) as folder:
                result = self._compile(source, flags, os.path.join(folder, "kernel.cubin"))
                with open(os.path.join(folder, "result"), "w", encoding="utf-8") as file:
                    json.dump(result, file)
                for old in glob.glob(os.path.join(self.cache, f"{stem}-{'[0-9a-f]' * 16}.json")):
                    os.remove(old)
                os.replace(os.path.join(folder, "result"), kept)
        return read_resources(result["ptxas"]), result["listing"]

    def _compile(self, source, flags, cubin):
        said = run([self.nvcc, *flags, "-cubin", f"-arch={self.arch}", "-Xptxas", "-v", "-o", cubin, source]).stderr
        return {"ptxas": said, "listing": self.nvdisasm and disassemble(self.nvdisasm, cubin, self.arch)}


def read_resources(said):
    """What `ptxas -v` said, by mangled name; `registers` is None for a function that is called, not launched."""
    resources = {}
    for found in RESOURCES.finditer(said):
        registers = found["registers"]
        resources[found["name"]] = {"registers": registers and int(registers), "stack": int(found["stack"]),
                                    "spill": int(found["stores"]) + int(found["loads"])}
    return resources


def demangle(names):
    """Readable names: no result, no parameters, none of our namespaces."""
    if not names:
        return {}
    if shutil.which("c++filt") is None:
        raise BuildError("there is no c++filt, which comes with g++")
    done = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True)
    return {name: shorten(full) for name, full in zip(names, done.stdout.splitlines())}


def shorten(name):
    for ours in ("rankfill::", "(anonymous namespace)::"):
        name = name.replace(ours, "")
    if name.endswith(")"):  # the parameters: back to the parenthesis that opens them
        depth = 0
        for at in range(len(name) - 1, -1, -1):
            depth += (name[at] == ")") - (name[at] == "(")
            if depth == 0:
                name = name[:at]
                break
    return name.removeprefix("void ")
