"""No protocol at all: write here, send there, hope. It loses money, and the lab shows how much."""
