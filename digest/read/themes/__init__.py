"""From a post to its theme, with the reasons."""
