"""What is measured beside the lab, in turn with it: the floor, a bare Celery chain, other libraries."""
