"""What follows when the retries are used up. It hangs on the page, which knows nothing of it."""
