"""The connections that everything else shares: HTTP, AWS, and what comes back over them."""
