"""Tests of the pages of the panel."""
