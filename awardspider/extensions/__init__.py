"""Scrapy extensions (run record, progress, delivery at the end of a crawl) and feed exporters."""
