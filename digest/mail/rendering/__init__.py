"""From an edition and the templates to subject, HTML and text."""
