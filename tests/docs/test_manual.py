"""The manual matches the code: settings, commands, outcomes, log messages, links, imports and requirements."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

import awardspider
from awardspider.offer_fields import OFFER_COLUMNS, RECORD_FIELDS
from awardspider.outcomes import BACKOFF_REASONS, STOP_REASONS, Outcome, Reason
from awardspider.programs import programs
from tests.support.manual import page_anchors, page_sections, page_text
from tests.support.paths import ROOT
from tests.support.source_code import MODULES, PACKAGE, display_name, parse

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

# One variable for each program that needs a key; the manual describes them under this heading.
KEYS = "AWARD_<PROGRAM>_KEY"
KEYED = {f"AWARD_{key.upper()}_KEY" for key, program in programs().items() if program.access == "key"}

# Requirements that the package does not import, with the reason.
NOT_IMPORTED = {
    "itemadapter": "Scrapy's feeds read our items through it",
    "scrapyd": "the job server",
    "scrapyd-client": "scrapyd-deploy",
    "python-multipart": "FastAPI and Starlette read forms with it",
    "setuptools": "Scrapyd reads eggs with it, and scrapyd-deploy builds them",
    "psycopg": "SQLAlchemy loads it for PostgreSQL",
    "tzdata": "time zones if the system has none",
}

# Environment variables of the tests, which are not settings.
TEST_VARIABLES = {"AWARD_RECORDED_DIR"}


# ---- the pages --------------------------------------------------------------------------------------------------


@cache
def default_settings(folder: Path) -> dict[str, str]:
    """Return our settings by the names in the manual, from a folder and an environment that set none."""
    code = (
        "import json; from awardspider import settings as s; "
        "print(json.dumps({k: v for k, v in vars(s).items() if k.startswith('AWARD_')}))"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWARD_")}
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=clean | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    settings: dict[str, str] = json.loads(result.stdout)
    assert settings.pop("AWARD_KEYS") == {}
    return settings | {KEYS: ""}


def test_every_setting_is_in_the_manual(tmp_path: Path) -> None:
    written = {name: text for name, text in page_sections("docs/settings.md").items() if name.startswith("AWARD_")}
    assert sorted(written) == sorted(default_settings(tmp_path))


def test_the_manual_has_the_defaults(tmp_path: Path) -> None:
    for name, default in default_settings(tmp_path).items():
        found = re.search(r"^Default: (?:`(.*)`|empty)", page_sections("docs/settings.md")[name], re.MULTILINE)
        assert found, f"{name} has no line `Default: ...`"
        assert (found[1] or "") == default, name


def test_the_manual_names_the_variable_of_every_key() -> None:
    section = page_sections("docs/settings.md")[KEYS]
    assert set(re.findall(r"AWARD_[A-Z]+_KEY", section)) == KEYED


def test_keys_come_from_environment_variables(tmp_path: Path) -> None:
    code = "from awardspider import settings; print(settings.AWARD_KEYS)"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWARD_")}
    given = {name: f" {name.lower()} " for name in KEYED} | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=clean | given, capture_output=True, text=True, check=True
    )
    keys = {key: f"award_{key}_key" for key, program in programs().items() if program.access == "key"}
    assert ast.literal_eval(result.stdout) == keys


def test_every_setting_in_code_and_pages_exists(tmp_path: Path) -> None:
    known = set(default_settings(tmp_path)) | KEYED | {"AWARD_KEYS"} | TEST_VARIABLES
    files = [path for path in (ROOT / "deploy").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    for path in [*MODULES, *files, *PAGES, ROOT / "Makefile"]:
        text = path.read_text(encoding="utf-8")
        if path.is_relative_to(PACKAGE):  # in code only texts are settings; names may be constants
            texts = [node.value for node in ast.walk(parse(path)) if isinstance(node, ast.Constant)]
            text = "\n".join(value for value in texts if isinstance(value, str))
        assert set(re.findall(r"\bAWARD_[A-Z_]*[A-Z]\b", text)) <= known, display_name(path)


def test_every_command_is_in_the_manual() -> None:
    commands = {path.stem.replace("_", "-") for path in (PACKAGE / "commands").glob("*.py") if path.stem[0] != "_"}
    described = {heading.split()[1] for heading in page_sections("docs/commands.md") if heading.startswith("scrapy ")}
    assert described == commands


def test_every_option_is_in_the_manual() -> None:
    calls = [
        node
        for path in (PACKAGE / "commands").glob("[a-z]*.py")  # without Scrapy's own options, in _command.py
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and re.fullmatch(r"add|\w+\.add_argument", ast.unparse(node.func))
    ]
    names = {ast.literal_eval(node.args[0]) for node in calls if isinstance(node.args[0], ast.Constant)}
    options = {name for name in names if name.startswith("--")}
    assert options
    assert sorted(option for option in options if f"`{option}`" not in page_text("docs/commands.md")) == []


def test_every_field_of_a_file_is_in_the_manual() -> None:
    section = page_sections("docs/commands.md", "###")["Files"].partition("\n## ")[0]
    others = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert ("offer_id", *(column.name for column in OFFER_COLUMNS), *others) == RECORD_FIELDS


def test_every_outcome_and_reason_is_in_the_manual() -> None:
    page = "docs/outcomes.md"
    assert [name for name in page_sections(page) if name in set(Outcome)] == list(Outcome)
    assert [name for name in page_sections(page, "###") if " " not in name] == list(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_the_manual_says_which_reasons_stop_or_pause_a_program(reason: Reason) -> None:
    text = page_sections("docs/outcomes.md", "###")[reason]
    assert ("Stops the program: yes" in text) == (reason in STOP_REASONS)
    assert ("Pause: yes" in text) == (reason in BACKOFF_REASONS)


def log_calls() -> Iterator[tuple[str, str]]:
    """Yield the place and the message of each log call; a message that is not a literal is in braces."""
    for path in MODULES:
        if path.is_relative_to(PACKAGE / "sandbox"):
            continue
        for node in ast.walk(parse(path)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            if not ast.unparse(node.func.value).lower().endswith("logger"):
                continue
            if node.func.attr not in {"debug", "info", "warning", "error", "exception", "critical", "log"}:
                continue
            argument = node.args[1 if node.func.attr == "log" else 0]
            message = str(argument.value) if isinstance(argument, ast.Constant) else f"{{{ast.unparse(argument)}}}"
            yield f"{display_name(path)}:{node.lineno}", message


def test_every_log_message_is_in_the_manual() -> None:
    page = page_text("docs/log-messages.md")
    assert [(place, message) for place, message in log_calls() if f"`{message}`" not in page] == []


def test_every_listed_log_message_exists() -> None:
    messages = {message for _, message in log_calls()}
    rows = re.findall(r"^\| `(.+?)` \|", page_sections("docs/log-messages.md")["Ours"], re.MULTILINE)
    assert sorted(set(rows) - messages) == []


@pytest.mark.parametrize("page", PAGES, ids=display_name)
def test_every_link_between_pages_resolves(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists() or (anchor and anchor not in page_anchors(linked)):
            broken.append(target)
    assert not broken


def test_every_page_is_in_the_menu() -> None:
    menu = json.dumps(yaml.safe_load(page_text("mkdocs.yml"))["nav"])
    docs = ROOT / "docs"
    assert [name for page in docs.rglob("*.md") if f'"{(name := page.relative_to(docs).as_posix())}"' not in menu] == []


def test_the_changelog_has_this_version() -> None:
    assert f"## {awardspider.__version__}" in page_text("CHANGELOG.md")


# ---- requirements ------------------------------------------------------------------------------------------------


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned_versions(page: str) -> dict[str, str]:
    lines = [line for line in page_text(page).splitlines() if line and not line.startswith(("#", "-r "))]
    parts = [re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[\w+\])?==(\S+)", line) for line in lines]
    assert all(parts), f"{page}: every line pins one version"
    return {part[1]: part[2] for part in parts if part}


def imported_distributions() -> set[str]:
    """Return the distributions that the package imports."""
    owners = packages_distributions()
    parts: set[str] = set()
    for path in MODULES:
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Import):
                tops = {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                tops = {(node.module or "").split(".")[0]}
            else:
                continue
            for top in tops - set(sys.stdlib_module_names) - {"awardspider"}:
                parts.update(canonical(owner) for owner in owners[top])
    return parts


def test_requirements_match_the_imports() -> None:
    required = {canonical(name) for name in pinned_versions("requirements.txt")}
    assert imported_distributions() <= required, "imported but not in requirements.txt"
    assert required - imported_distributions() == {canonical(name) for name in NOT_IMPORTED}


def test_the_architecture_page_lists_every_requirement() -> None:
    page = page_text("docs/architecture.md").lower()
    assert [name for name in pinned_versions("requirements.txt") if f"| {name.lower()}" not in page] == []


def test_development_requirements_are_pinned() -> None:
    assert pinned_versions("requirements-dev.txt")


# ---- fixtures ----------------------------------------------------------------------------------------------------


def test_every_key_of_expected_json_is_documented() -> None:
    rows = re.findall(r"^\| (`\w+`) \| (.+) \|$", page_text("docs/fixing-a-parser.md"), re.MULTILINE)
    documented = {name.strip("`"): text for name, text in rows}
    used = [json.loads(path.read_text("utf-8")) for path in (ROOT / "tests/fixtures").glob("*/*/expected.json")]
    assert set().union(*used) == documented.keys()
    for name in set().union(*(case["search"] for case in used)):
        assert f"`{name}`" in documented["search"]
