"""The manual tells what the code does: settings, commands, outcomes, log messages, links, rooms and requirements."""

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
from tests.support.paths import ROOT
from tests.test_architecture import ANY, MAY_IMPORT, MODULES, PACKAGE, display_name, parse

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

# The setting is made of one variable a program, and the manual has them under this name.
KEYS = "AWARD_<PROGRAM>_KEY"
KEYED = {f"AWARD_{key.upper()}_KEY" for key, program in programs().items() if program.access == "key"}

# In requirements.txt without an import in the package, and why.
NOT_IMPORTED = {
    "itemadapter": "Scrapy's feeds read our items through it",
    "scrapyd": "the job server",
    "scrapyd-client": "scrapyd-deploy",
    "setuptools": "Scrapyd reads eggs with it, scrapyd-deploy builds them with it",
    "psycopg": "SQLAlchemy loads it by the database's URL",
    "tzdata": "time zones where the system has none",
}

# Imported where it is there, in requirements-dev.txt only, and why.
OPTIONAL = {"pyarrow": "scrapy export --format parquet"}


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


# ---- the pages --------------------------------------------------------------------------------------------------


def test_the_architecture_page_shows_the_same_table() -> None:
    table = sections_of("docs/architecture.md")["Who may import whom"]
    shown = {
        package: ANY if others == "everything" else frozenset(re.findall(r"`([a-z_.]+)`", others))
        for package, others in re.findall(r"^\| `([a-z_.]+)` \| (.+?) \|$", table, re.MULTILINE)
    }
    assert shown == MAY_IMPORT


def sections_of(page: str, level: str = "##") -> dict[str, str]:
    """Heading without backticks -> the text below it."""
    parts = re.split(rf"^{level} (.+)$", text_of(page), flags=re.MULTILINE)
    return dict(zip((heading.replace("`", "") for heading in parts[1::2]), parts[2::2], strict=True))


@cache
def defaults_of_settings(folder: Path) -> dict[str, str]:
    """Our settings, as the manual calls them, in a folder without .env and an environment without any of them."""
    code = (
        "import json; from awardspider import settings as s; "
        "print(json.dumps({k: v for k, v in vars(s).items() if k.startswith('AWARD_')}))"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWARD_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=clean | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    settings: dict[str, str] = json.loads(done.stdout)
    assert settings.pop("AWARD_KEYS") == {}
    return settings | {KEYS: ""}


def test_every_setting_is_in_the_manual(tmp_path: Path) -> None:
    written = {name: text for name, text in sections_of("docs/settings.md").items() if name.startswith("AWARD_")}
    assert sorted(written) == sorted(defaults_of_settings(tmp_path))


def test_the_manual_has_the_defaults(tmp_path: Path) -> None:
    for name, default in defaults_of_settings(tmp_path).items():
        found = re.search(r"^Default: (?:`(.*)`|empty)", sections_of("docs/settings.md")[name], re.MULTILINE)
        assert found, f"{name} has no line `Default: ...`"
        assert (found[1] or "") == default, name


def test_the_manual_names_the_variable_of_every_key() -> None:
    section = sections_of("docs/settings.md")[KEYS]
    assert set(re.findall(r"AWARD_[A-Z]+_KEY", section)) == KEYED


def test_a_key_is_taken_from_its_variable(tmp_path: Path) -> None:
    code = "from awardspider import settings; print(settings.AWARD_KEYS)"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWARD_")}
    given = {name: f" {name.lower()} " for name in KEYED} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=clean | given, capture_output=True, text=True, check=True
    )
    keys = {key: f"award_{key}_key" for key, program in programs().items() if program.access == "key"}
    assert ast.literal_eval(done.stdout) == keys


def test_no_setting_is_used_that_is_not_one(tmp_path: Path) -> None:
    known = set(defaults_of_settings(tmp_path)) | KEYED | {"AWARD_KEYS"}
    files = [path for path in (ROOT / "deploy").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    for path in [*MODULES, *files, *PAGES, ROOT / "Makefile"]:
        text = path.read_text(encoding="utf-8")
        if path.is_relative_to(PACKAGE):  # there a setting is a text; a name may be a constant
            texts = [node.value for node in ast.walk(parse(path)) if isinstance(node, ast.Constant)]
            text = "\n".join(value for value in texts if isinstance(value, str))
        assert set(re.findall(r"\bAWARD_[A-Z_]*[A-Z]\b", text)) <= known, display_name(path)


def test_every_command_is_in_the_manual() -> None:
    commands = {path.stem.replace("_", "-") for path in (PACKAGE / "commands").glob("*.py") if path.stem[0] != "_"}
    described = {heading.split()[1] for heading in sections_of("docs/commands.md") if heading.startswith("scrapy ")}
    assert described == commands


def test_every_option_is_in_the_manual() -> None:
    calls = [
        node
        for path in (PACKAGE / "commands").glob("*.py")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and re.fullmatch(r"add|\w+\.add_argument", ast.unparse(node.func))
    ]
    options = {ast.literal_eval(node.args[0]) for node in calls if isinstance(node.args[0], ast.Constant)}
    assert options
    assert sorted(option for option in options if f"`{option}`" not in text_of("docs/commands.md")) == []


def test_every_field_of_a_file_is_in_the_manual() -> None:
    section = sections_of("docs/commands.md", "###")["Files"]
    others = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert ("offer_id", *(column.name for column in OFFER_COLUMNS), *others) == RECORD_FIELDS


def test_every_outcome_and_reason_is_in_the_manual() -> None:
    page = "docs/outcomes.md"
    assert [name for name in sections_of(page) if name in set(Outcome)] == list(Outcome)
    assert [name for name in sections_of(page, "###") if " " not in name] == list(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_the_manual_says_what_a_reason_does(reason: Reason) -> None:
    text = sections_of("docs/outcomes.md", "###")[reason]
    assert ("Stops the program: yes" in text) == (reason in STOP_REASONS)
    assert ("Pause: yes" in text) == (reason in BACKOFF_REASONS)


def logged() -> Iterator[tuple[str, str]]:
    """Where, and the text as written in the code, of every log call; a text that is put together before in braces."""
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
            text = node.args[1 if node.func.attr == "log" else 0]
            written = str(text.value) if isinstance(text, ast.Constant) else f"{{{ast.unparse(text)}}}"
            yield f"{display_name(path)}:{node.lineno}", written


def test_every_log_message_is_in_the_manual() -> None:
    page = text_of("docs/log-messages.md")
    assert [(where, text) for where, text in logged() if f"`{text}`" not in page] == []


def test_the_manual_has_no_log_message_that_is_gone() -> None:
    texts = {text for _, text in logged()}
    rows = re.findall(r"^\| `(.+?)` \|", sections_of("docs/log-messages.md")["Ours"], re.MULTILINE)
    assert sorted(set(rows) - texts) == []


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=display_name)
def test_every_link_between_pages_resolves(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors_of(there)):
            broken.append(target)
    assert not broken


def test_every_page_is_in_the_menu() -> None:
    menu = json.dumps(yaml.safe_load(text_of("mkdocs.yml"))["nav"])
    docs = ROOT / "docs"
    assert [name for page in docs.rglob("*.md") if f'"{(name := page.relative_to(docs).as_posix())}"' not in menu] == []


def test_the_changelog_knows_this_version() -> None:
    assert f"## {awardspider.__version__}" in text_of("CHANGELOG.md")


# ---- requirements ------------------------------------------------------------------------------------------------


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(page: str) -> dict[str, str]:
    lines = [line for line in text_of(page).splitlines() if line and not line.startswith(("#", "-r "))]
    parts = [re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[\w+\])?==(\S+)", line) for line in lines]
    assert all(parts), f"{page}: every line pins one version"
    return {part[1]: part[2] for part in parts if part}


def imported_parts() -> set[str]:
    """The distributions that the package imports."""
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


def test_requirements_are_what_the_package_imports() -> None:
    wanted = {canonical(name) for name in pinned("requirements.txt")}
    assert imported_parts() - wanted == set(OPTIONAL), "imported but not in requirements.txt"
    assert wanted - imported_parts() == {canonical(name) for name in NOT_IMPORTED}


def test_the_architecture_page_lists_every_part() -> None:
    page = text_of("docs/architecture.md").lower()
    assert [name for name in pinned("requirements.txt") if f"| {name.lower()}" not in page] == []


def test_development_requirements_are_pinned() -> None:
    assert pinned("requirements-dev.txt")
