"""The doctor: everything that can be wrong with an installation, each finding with what to do."""
