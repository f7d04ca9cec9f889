"""Runs of other labs, kept to be shown: in no count and no book of this lab, and nothing of them ever runs."""
