"""From an event and its secret to a message, through template files."""
