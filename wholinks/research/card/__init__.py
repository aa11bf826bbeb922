"""The metric card of a target, and what each metric means."""
