"""From a week's posts to the draft of its edition."""
