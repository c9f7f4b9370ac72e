"""The rules that find a mistake before a message does; they print nothing."""
