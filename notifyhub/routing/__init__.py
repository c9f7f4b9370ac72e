"""Which providers a message may take, and why."""
