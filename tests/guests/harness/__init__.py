"""Runs guests under the tool and natively, and judges what they counted."""
