"""Contract suites: tests to inherit for every provider, ledger and decryptor."""
