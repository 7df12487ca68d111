"""Sections of report documents: what stands in every edition, and the bookkeeping of the annexes."""
