"""A run as a file: the replay that needs no server, the picture, the diagram, the log. All from the same fold."""
