"""The command line: translates words into verbs, records into text or JSON, errors into exit codes.

In: arguments. Out: exit codes, text on the terminal, files where asked.
Does not: compute.
"""
