"""Commands of `scrapy`: each module defines one command and has the command's name."""
