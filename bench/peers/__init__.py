"""The other crawlers, as their users would write them. These run in an environment of their own (``.bench-venv``)."""
