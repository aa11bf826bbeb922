"""Authority of domains and pages: the graphs, the scores on them, and what they would be otherwise."""
