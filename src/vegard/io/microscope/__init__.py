"""Files of microscopes: each is opened in a child process, and comes back as labelled arrays.

Nothing is imported here: the child process starts with it.
"""
