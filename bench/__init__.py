"""Measurements: how large the code is, and how fast. Nothing here is imported by the product or its tests."""
