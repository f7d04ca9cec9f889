"""What is asked again, given up or driven on. It hangs on the page from outside."""
