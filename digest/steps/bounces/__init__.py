"""Bounces: record them, count them with the brake, and let an operator decide about those on hold."""
