"""Links seen from one side: rows of their own, in any order, in pages; and search by words."""
