"""The review stage: lists outliers for reviewers, and applies and logs their decisions.

Reads only the clean zone, between desensitize and marts. No rule removes anything: a record is excluded only by a
reviewer's decision in a file.
"""
