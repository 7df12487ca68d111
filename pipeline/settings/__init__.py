"""What users hand in beside the data: places, evaluation plan, source mapping, corrections, review, survey files.

Reading and checking only; what a setting does is the business of the stage that applies it.
"""
