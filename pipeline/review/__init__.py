"""The review stage: data points far from the others are listed for people, whose decisions the run applies and logs.

Between desensitize and marts: reads the clean zone only. Nothing is ever removed by a rule: what leaves a record out is a
reviewer's decision in a file.
"""
