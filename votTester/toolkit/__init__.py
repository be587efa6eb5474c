"""Wraps vot-toolkit (GPL-3.0) in this project's own types; the only package that imports it.

Everything runs in this process: no TraX, no workspace, no network.
"""
