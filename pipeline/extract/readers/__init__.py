"""One reader per file format, and what they share: encoding, quotes, headers, cleaning of cells.

Nothing here knows the contract.
"""
