"""Nothing is executed but the command that the administrator named, and ourselves: no file's content is a program."""

from __future__ import annotations

import ast
from importlib.resources import files
from pathlib import Path

PACKAGE = Path(str(files("tillpost")))
APART = {"tests", "benchmarks", "samples", "build", ".venv", ".venv-bench"}
# Who starts a process: the configured command, without a shell; and the pages of the service, which are ourselves.
STARTS = {"pipeline/notices.py", "pipeline/webhost.py"}
RUNS = {"eval", "exec", "compile", "__import__"}
OF_OS = ("system", "popen", "exec", "spawn", "posix_spawn", "fork")
READS_CODE = {"pickle", "marshal", "shelve", "dill", "runpy", "code", "pty"}

MODULES = {
    relative.as_posix(): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if (relative := path.relative_to(PACKAGE)).parts[0] not in APART and not relative.parts[0].startswith(".")
}


def done(tree: ast.AST) -> set[str]:
    """What of this kind a module imports or calls."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS:
            found.add(f"{node.func.id}()")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "os" and node.attr.startswith(OF_OS):
                found.add(f"os.{node.attr}")
            if (node.value.id, node.attr) in (("yaml", "load"), ("yaml", "unsafe_load")):
                found.add(f"yaml.{node.attr}")
        elif isinstance(node, ast.keyword) and node.arg == "shell":
            found.add("shell=")
    return found


def test_no_module_runs_what_came_from_elsewhere() -> None:
    found = {module: done(ast.parse(path.read_text("utf-8"))) for module, path in MODULES.items()}
    assert len(found) > 200
    assert {module for module, names in found.items() if "subprocess" in names} == STARTS
    for module, names in found.items():
        assert not {name for name in names if name.endswith(("()", "=")) or name.startswith(("os.", "yaml."))}, module
        assert not names & READS_CODE, module


def test_what_is_looked_for_would_be_found() -> None:
    page = "import subprocess, pickle, os\neval('1')\nos.system('x')\nrun(shell=True)\nimport yaml\nyaml.load(x)"
    assert {"subprocess", "pickle", "eval()", "os.system", "shell=", "yaml.load"} <= done(ast.parse(page))
