"""Scrapy extensions: the record of a run, progress, delivery at the end, feed exporters."""
