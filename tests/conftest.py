"""What all tests share: hypothesis makes the same examples in every run, and takes its time."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")
