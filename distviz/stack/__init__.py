"""The stack: every server and process of distviz, started, watched and stopped by one command."""
