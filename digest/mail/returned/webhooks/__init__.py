"""Bounces and complaints that a mail provider reports by HTTP: one module for each provider's payload."""
