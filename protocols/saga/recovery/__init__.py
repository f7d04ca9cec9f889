"""What happens when the retries are used up, and what drives a silent saga on. It hangs on the page from outside."""
