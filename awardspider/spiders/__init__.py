"""Spiders: one module for each program."""
