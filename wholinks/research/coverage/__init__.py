"""How far the crawl looked, and an estimate of what it never saw."""
