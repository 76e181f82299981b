"""Choose the packaged files; everything else about the package is in pyproject.toml.

The egg that is deployed to Scrapyd leaves out what no job needs: the sandbox and the panel.
"""

import sys

from setuptools import find_namespace_packages, setup

LEFT_OUT = ["awardspider.sandbox*", "awardspider.panel*"] if "bdist_egg" in sys.argv else []

setup(
    packages=find_namespace_packages(include=["awardspider*"], exclude=LEFT_OUT),
    package_data={"": ["*"]},
    exclude_package_data={"": ["*.pyc"]},
    zip_safe=True,
)
