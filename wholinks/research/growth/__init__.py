"""How backlinks came and went: events, history, two days compared, and watching."""
