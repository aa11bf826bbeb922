"""What other tools say links to a target, against what was crawled."""
