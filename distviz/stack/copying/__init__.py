"""A protocol under another name: what `manage.py startprotocol` writes. Text alone; nothing here imports a protocol."""
