"""From a page or a feed's HTML to the text of an article."""
