# The commands of this project. Each makes what it needs; a second time costs next to nothing.

# (make setup PYTHON=... picks the Python that .venv is made with.)
RUN = .venv/bin/python -m

.PHONY: help setup demo test docs clean

help:
	@echo "make setup   make .venv and install what running needs"
	@echo "make demo    setup, then crawl the sandbox and show the best offers found"
	@echo "make test    install what the tests need, then ruff, mypy and pytest"
	@echo "make docs    write the page of programs and the schemas of events anew, and build the manual into site/"
	@echo "make clean   remove everything that these targets made, except data/"

setup:
	@deploy/setup.sh requirements.txt

demo: setup
	@deploy/install-chromium.sh
	@.venv/bin/python deploy/demo.py

test:
	@deploy/setup.sh requirements-dev.txt
	@deploy/install-chromium.sh
	@deploy/install-postgresql.sh
	@echo "==> ruff check"
	@$(RUN) ruff check .
	@echo "==> ruff format --check"
	@$(RUN) ruff format --check .
	@echo "==> mypy, strict, on the package"
	@$(RUN) mypy
	@echo "==> pytest, warnings are errors"
	@$(RUN) pytest -W error -n 2 --dist loadfile --no-loadscope-reorder

docs:
	@deploy/setup.sh requirements-dev.txt
	@$(RUN) scripts.programs_page
	@$(RUN) scripts.event_schemas
	@NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict

clean:
	rm -rf .venv build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find awardspider tests deploy -name __pycache__ -type d -prune -exec rm -rf {} +
