"""Reading posts: their text, a summary, a theme."""
