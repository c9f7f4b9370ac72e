"""What others learn of a dispatch: log lines, observers, metrics and spans."""
