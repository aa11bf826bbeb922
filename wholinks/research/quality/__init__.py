"""What is behind links: named markers, decisions, and disavowing."""
