"""Getting one message accepted by one of several providers, in the time that there is."""
