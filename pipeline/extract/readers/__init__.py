"""One reader per file format, and what they share: encoding, quotes, headers, cleaning of cells.

The contract is not known here.
"""
