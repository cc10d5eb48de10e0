"""Checks of an edition and its mail before approval."""
