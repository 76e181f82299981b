"""The egg: its files, and the code in it, which runs without being unpacked and reads its data files there."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from awardspider.operations.deployment import build_egg, check_egg
from awardspider.outcomes import ScrapydError
from tests.support.paths import ROOT
from tests.support.scrapyd_server import small_egg

pytestmark = pytest.mark.slow

#: Files that no crawl reads: those for new migrations, and templates of `scrapy genprogram`, which needs a checkout.
NOT_READ = (
    "awardspider/storage/migrations/",
    "awardspider/commands/templates/",
    "awardspider/delivery/messages/cards/fonts/",  # as bytes, when a card is drawn
)

#: Packages that no job needs.
LEFT_OUT = ("awardspider/sandbox/", "awardspider/panel/")

#: Import every module, call every cached function without arguments, and print the data files that were not read.
READ_ALL = """
import importlib, inspect, pkgutil, sys, zipfile
from pathlib import Path

egg = sys.argv[1]
read = set()
open_member = zipfile.ZipFile.open

def record(archive, member, *arguments, **options):
    read.add(member if isinstance(member, str) else member.filename)
    return open_member(archive, member, *arguments, **options)

zipfile.ZipFile.open = record
sys.path.insert(0, egg)
import awardspider
assert awardspider.__file__.startswith(egg), awardspider.__file__
names = [module.name for module in pkgutil.walk_packages(awardspider.__path__, "awardspider.")]
for name in names:
    module = importlib.import_module(name) if ".migrations" not in name else None
    for function in list(vars(module).values()) if module else ():
        if hasattr(function, "cache_info") and function.__module__ == name:
            if not any(each.default is each.empty for each in inspect.signature(function).parameters.values()):
                function()

from awardspider.delivery.messages.language import LANGUAGES, load_phrases
from awardspider.delivery.messages.render import _TEMPLATES, _environment
from awardspider.items import SearchKind
from awardspider.operations.running_code import running_version
from awardspider.search.words import vocabulary
from awardspider.spiders.delta import _query
from awardspider.storage.store import open_store

for language in LANGUAGES:
    load_phrases(language)
    vocabulary._load(language)
vocabulary._load("similar_words")
for kind in (SearchKind.CALENDAR, SearchKind.ITINERARY):
    _query(kind)
templates = [_environment(form).get_template(name).name for form, name in _TEMPLATES.items()]
read |= {f"awardspider/delivery/messages/templates/{name}" for name in templates}
open_store("", Path("data")).close()
assert running_version() == Path(egg).stem
with zipfile.ZipFile(egg) as archive:
    files = {name for name in archive.namelist() if name.startswith("awardspider/")}
print(*sorted(name for name in files - read if not name.endswith((".py", ".pyc"))), sep="\\n")
"""


@pytest.fixture(scope="module")
def egg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    before = {path.name for path in ROOT.iterdir()}
    path = tmp_path_factory.mktemp("egg") / "20261130T060000-r1-g0123abcd.egg"
    path.write_bytes(build_egg(ROOT))
    assert {path.name for path in ROOT.iterdir()} == before
    return path


def test_the_egg_has_all_files_of_the_package_except_the_sandbox_and_the_panel(egg: Path) -> None:
    with zipfile.ZipFile(egg) as archive:
        inside = {name for name in archive.namelist() if name.startswith("awardspider/") and not name.endswith(".pyc")}
    ours = {path.relative_to(ROOT).as_posix() for path in (ROOT / "awardspider").rglob("*") if path.is_file()}
    assert inside == {name for name in ours if not name.endswith(".pyc") and not name.startswith(LEFT_OUT)}
    assert "awardspider/programs.toml" in inside


def test_every_module_and_data_file_is_read_from_the_egg(egg: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", READ_ALL, egg],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [name for name in done.stdout.split() if not name.startswith(NOT_READ)] == []
    assert (tmp_path / "data/awardspider.db").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (small_egg("\nimport nothing\n"), r"ModuleNotFoundError: No module named 'nothing' \(small/settings.py:2\)"),
        (small_egg("def x(:\n"), r"SyntaxError: invalid syntax \(small/settings.py:1\)"),
        (small_egg(), "no spiders"),
        (b"no egg", "BadEggError"),
    ],
)
def test_an_egg_that_does_not_work_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(ScrapydError, match=reason):
        check_egg(content)


def test_code_that_cannot_be_packed_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("raise SystemExit('error: no such package')\n")
    with pytest.raises(ScrapydError, match="The egg was not built: error: no such package"):
        build_egg(tmp_path)


def test_a_folder_for_the_egg_that_cannot_be_created_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(ScrapydError, match=r"The egg was not built: .*: No such file or directory"):
        build_egg(ROOT)
