"""Pages and forms, with no logic of their own."""
