"""distviz: withdraw $100 under many protocols, break it, and watch every step on real databases."""
