"""From a rendered edition and a subscriber to the bytes of one message."""
