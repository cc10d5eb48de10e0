"""Alerts: what is wrong, whom it is told, and the heartbeat for an outside watchdog."""
