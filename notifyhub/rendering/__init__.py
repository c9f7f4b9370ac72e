"""Makes a message from an event and its secret, through template files."""
