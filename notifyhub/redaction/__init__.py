"""Keeps secrets, recipients and credentials out of what is shown; imports nothing else of notifyhub."""
