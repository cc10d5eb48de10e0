"""What an editor's change means: which fields it sets, and whether somebody else has set them meanwhile. Pure."""
