"""The built-in templates: data, no code."""
