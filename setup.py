"""For `scrapyd-deploy`, which builds an egg of the project with it. Nothing else is installed this way."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
version = re.search(r'__version__ = "(.+)"', (HERE / "awardspider/__init__.py").read_text())

setup(
    name="awardspider",
    version=version[1] if version else "0",
    packages=find_packages(include=["awardspider", "awardspider.*"]),
    # Everything under the package, so that a new data file needs no line here: the catalogue, the sandbox's pages
    # and tables, the migrations.
    package_data={"awardspider": ["**/*"]},
    exclude_package_data={"": ["*.pyc"]},
    entry_points={"scrapy": ["settings = awardspider.settings"]},
    zip_safe=True,
)
