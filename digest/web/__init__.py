"""Pages and forms: the desk, the public pages, the archive, the mail catcher. The steps do the work."""
