"""distviz with one guard taken out, to show that chaos finds what it guards against. No code of the product knows it.

DJANGO_SETTINGS_MODULE=tests.support.unguarded.settings WITHOUT=inbox .venv/bin/python manage.py chaos --seed 1
"""
