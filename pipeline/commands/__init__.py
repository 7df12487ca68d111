"""Groups of commands of ``asq``, one module each; ``pipeline/cli.py`` puts them together.

Only what a command line needs: arguments, output, exit codes. What is done is the stages' business.
"""
