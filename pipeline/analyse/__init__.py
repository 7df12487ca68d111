"""The analyses of clause 七: better or worse, than whom, why, and how firm.

Every analysis reads tables of the run, and of the published runs of earlier quarters; none reads records.
"""
