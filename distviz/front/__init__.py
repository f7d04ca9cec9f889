"""The web server: Daphne behind limits that hold before anything is parsed. `python -m distviz.front` is Daphne's own
command line."""
