"""One file per schema version. A released version is never edited."""
