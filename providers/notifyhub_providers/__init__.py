"""First-party providers, one file each, found through entry points like anyone's."""
