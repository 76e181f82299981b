"""Commands of `scrapy`, one module for each; the module's name is the command's."""
