"""Groups of ``asq`` commands, one module each; ``pipeline/cli.py`` combines them.

Only arguments, output and exit codes; the stages do the work.
"""
