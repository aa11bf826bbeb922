"""wholinks: who links to X, from your own crawl, offline and with proof."""

__version__ = "0.1.0"
