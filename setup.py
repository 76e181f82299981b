"""Choose the packaged files; everything else about the package is in pyproject.toml.

The egg that is deployed to Scrapyd leaves out the sandbox: a server that crawls live sites needs no simulated ones.
"""

import sys

from setuptools import find_namespace_packages, setup

WITHOUT_SANDBOX = "bdist_egg" in sys.argv

setup(
    packages=find_namespace_packages(
        include=["awardspider*"], exclude=["awardspider.sandbox*"] if WITHOUT_SANDBOX else []
    ),
    package_data={"": ["*"]},
    exclude_package_data={"": ["*.pyc"]},
    zip_safe=True,
)
