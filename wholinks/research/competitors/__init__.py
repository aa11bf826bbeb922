"""Sites side by side, who links to one and not to another, and whom to ask."""
