"""What is wrong with an edition, checked before it can be approved."""
