"""distviz: withdraw $100 under six protocols, break it, and watch every step on real databases."""
